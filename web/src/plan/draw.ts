// Draws a plan into the world: the path with its order, areas, fences, handles.
import type { Layer, Pen, Place } from "../world/layer";
import { pathOf, pointsOf } from "./geometry";
import { handlesOf } from "./handles";
import type { Fence, Plan, Xy } from "./model";
import type { Part, Planner } from "./planner";

const up = (p: Xy, z: number): Place => ({ x: p.x, y: p.y, z });
const same = (a: Part | undefined, of: Part["of"], index: number) => a?.of === of && a.index === index;

export function planLayer(planner: Planner): Layer {
  let count = 0;
  let last: unknown[] = [];
  return {
    key: () => {
      const now = [
        planner.plan.value,
        planner.chosen.value,
        planner.draft.value,
        planner.cursor.value,
        planner.tool.value,
      ];
      if (now.some((v, i) => v !== last[i])) count++;
      last = now;
      return count;
    },
    draw: (pen) => {
      const plan = planner.plan.value;
      plan.fences.forEach((f, i) => {
        drawFence(pen, f, same(planner.chosen.value, "fence", i));
      });
      drawPath(pen, plan, planner.chosen.value);
      for (const h of handlesOf(plan)) {
        const strong = same(planner.chosen.value, h.part.of, h.part.index);
        pen.handle(up(h.at, h.z), strong ? 7 : 5, h.part.of === "fence" ? "warn" : "accent", strong);
        pen.post(up(h.at, h.z), "accent");
      }
      drawDraft(pen, planner);
    },
  };
}

export function drawFence(pen: Pen, f: Fence, chosen: boolean): void {
  const ink = f.keep === "in" ? "ok" : "error";
  pen.path(
    f.area.map((p) => up(p, 0)),
    ink,
    0.95,
    chosen ? 2.5 : 1.8,
    true,
  );
  if (pen.camera.topDown) return;
  pen.path(
    f.area.map((p) => up(p, f.top)),
    ink,
    0.4,
    1,
    true,
  );
  for (const p of f.area) pen.line(up(p, 0), up(p, f.top), ink, 0.3, 1);
}

function drawPath(pen: Pen, plan: Plan, chosen: Part | undefined): void {
  const path = pathOf(plan);
  pen.path(path, "accent", 0.85, 2);
  // An arrow in the middle of each longer stretch says which way.
  for (let i = 1; i < path.length; i++) {
    const [a, b] = [path[i - 1], path[i]];
    if (!a || !b) continue;
    const level = Math.hypot(b.x - a.x, b.y - a.y);
    const m = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, z: (a.z + b.z) / 2 };
    const px = 7 / pen.scaleAt(m);
    if (level < px * 6) continue;
    const [dx, dy] = [(b.x - a.x) / level, (b.y - a.y) / level];
    for (const s of [1, -1])
      pen.line(
        { x: m.x - (dx + s * dy * 0.6) * px, y: m.y - (dy - s * dx * 0.6) * px, z: m.z },
        m,
        "accent",
        0.9,
        2,
      );
  }
  plan.legs.forEach((leg, i) => {
    const strong = same(chosen, "leg", i);
    if (leg.kind === "survey")
      pen.path(
        leg.area.map((p) => up(p, leg.alt)),
        "accent",
        strong ? 0.8 : 0.4,
        1,
        true,
      );
    const first = pointsOf(leg)[0];
    if (first) pen.label(String(i + 1), first, true);
  });
}

function drawDraft(pen: Pen, planner: Planner): void {
  const tool = planner.tool.value;
  const cursor = planner.cursor.value;
  const draft = planner.draft.value;
  const z = tool === "survey" || tool === "waypoint" ? planner.defaults.alt : 0;
  const ink = tool === "fence_in" ? "ok" : tool === "fence_out" ? "error" : "accent";
  pen.path(
    draft.map((p) => up(p, z)),
    ink,
    0.9,
    2,
  );
  for (const p of draft) pen.handle(up(p, z), 5, ink);
  const last = draft.at(-1);
  if (!cursor) return;
  if (last) pen.dashes(up(last, z), up(cursor, z), ink);
  if (draft.length > 1 && draft[0]) pen.dashes(up(cursor, z), up(draft[0], z), ink, 0.35);
  if (tool === "orbit") pen.circle(up(cursor, planner.defaults.alt), planner.defaults.radius, ink, 0.6, 1.5);
}
