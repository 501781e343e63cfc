// The pointer on a plan: each tool says what a click means; with none, points are
// taken hold of and dragged.
import type { Point } from "../world/camera";
import type { Editor } from "../world/layer";
import type { World } from "../world/world";
import { crossesItself } from "./geometry";
import { type Handle, handlesOf, moveHandle } from "./handles";
import type { Xy } from "./model";
import type { Planner, PlanTool } from "./planner";

const GRAB_PX = 14;

interface Tool {
  readonly hint: string;
  click(planner: Planner, at: Xy): void;
  /** Areas end with a double click or Enter. */
  readonly area: boolean;
}

function corner(planner: Planner, at: Xy): void {
  planner.draft.value = [...planner.draft.value, at];
}

const areaHint = "Click the corners, double-click or Enter closes, Backspace takes one back, Esc cancels";
const tools: Readonly<Record<PlanTool, Tool | undefined>> = {
  edit: undefined,
  waypoint: {
    hint: "Click where the drones shall fly, one point after the other · Esc ends",
    area: false,
    click: (planner, at) => planner.addLeg({ kind: "waypoint", at, alt: planner.defaults.alt, hold: 0 }),
  },
  orbit: {
    hint: "Click the middle of the orbit · Esc ends",
    area: false,
    click: (planner, at) => {
      const { alt, radius, turns } = planner.defaults;
      planner.addLeg({ kind: "orbit", at, alt, radius, turns });
    },
  },
  survey: { hint: areaHint, area: true, click: corner },
  fence_in: { hint: areaHint, area: true, click: corner },
  fence_out: { hint: areaHint, area: true, click: corner },
};

export class PlanEditor implements Editor {
  #held: Handle | undefined;

  constructor(
    readonly planner: Planner,
    readonly world: World,
    readonly say: (text: string) => void,
  ) {}

  get cursor(): string {
    return tools[this.planner.tool.value] ? "crosshair" : "default";
  }

  hint = (): string => tools[this.planner.tool.value]?.hint ?? "";

  down(at: Point): boolean {
    if (tools[this.planner.tool.value]) return false; // a click is known only when it ends without a drag
    this.#held = this.#handleAt(at);
    if (this.#held) this.planner.chosen.value = this.#held.part;
    return this.#held !== undefined;
  }

  drag(at: Point): void {
    const to = this.#held && this.world.placeAt(at.x, at.y, this.#heightOf(this.#held));
    if (this.#held && to) moveHandle(this.planner, this.#held, to);
  }

  up(at: Point, moved: boolean): void {
    if (this.#held) {
      this.#held = undefined;
      this.planner.settle();
      return;
    }
    if (moved) return;
    const tool = tools[this.planner.tool.value];
    const to = this.world.placeAt(at.x, at.y, this.#drawHeight());
    if (tool && to) tool.click(this.planner, to);
    else if (!tool) this.planner.chosen.value = undefined;
  }

  hover(at: Point): void {
    const tool = tools[this.planner.tool.value];
    this.planner.cursor.value = tool ? this.world.placeAt(at.x, at.y, this.#drawHeight()) : undefined;
  }

  double(): void {
    const tool = tools[this.planner.tool.value];
    if (!tool?.area) return;
    // The two clicks of the double click each set a corner at the same place.
    const draft = this.planner.draft.value;
    const [a, b] = draft.slice(-2);
    if (a && b && Math.hypot(a.x - b.x, a.y - b.y) < GRAB_PX * this.world.camera.metresPerPixel)
      this.planner.draft.value = draft.slice(0, -1);
    this.close();
  }

  key(e: KeyboardEvent): boolean {
    const { planner } = this;
    if (e.key === "Enter" && planner.draft.value.length > 0) this.close();
    else if (e.key === "Backspace" && planner.draft.value.length > 0)
      planner.draft.value = planner.draft.value.slice(0, -1);
    else if (e.key === "Escape" && planner.draft.value.length > 0) planner.draft.value = [];
    else if (e.key === "Escape" && planner.tool.value !== "edit") planner.tool.value = "edit";
    else if ((e.key === "Delete" || e.key === "Backspace") && planner.chosen.value) planner.removeChosen();
    else if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "z")
      e.shiftKey ? planner.redo() : planner.undo();
    else return false;
    return true;
  }

  /** Makes the drawn corners a survey or a fence. */
  close(): void {
    const { planner } = this;
    const area = planner.draft.value;
    if (area.length < 3) {
      this.say("An area needs three corners.");
      return;
    }
    if (crossesItself(area)) {
      this.say("The sides cross each other. Take a corner back with Backspace.");
      return;
    }
    planner.draft.value = [];
    const { alt, spacing, angle, top } = planner.defaults;
    if (planner.tool.value === "survey") planner.addLeg({ kind: "survey", area, alt, spacing, angle });
    else planner.addFence({ keep: planner.tool.value === "fence_in" ? "in" : "out", area, top });
    planner.tool.value = "edit";
  }

  #drawHeight(): number {
    const tool = this.planner.tool.value;
    return this.world.camera.topDown || tool.startsWith("fence") ? 0 : this.planner.defaults.alt;
  }

  #heightOf(h: Handle): number {
    return this.world.camera.topDown ? 0 : h.z;
  }

  #handleAt(at: Point): Handle | undefined {
    let best: Handle | undefined;
    let nearest = GRAB_PX;
    for (const h of handlesOf(this.planner.plan.value)) {
      const p = this.world.pixelOf({ x: h.at.x, y: h.at.y, z: h.z });
      const d = Math.hypot(p.x - at.x, p.y - at.y);
      if (p.w > 0 && d < nearest) {
        nearest = d;
        best = h;
      }
    }
    return best;
  }
}
