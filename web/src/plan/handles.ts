// Handles are the points of a plan one can take hold of: where they are, and what
// the plan is when one of them is moved.

import type { Plan, Xy } from "./model";
import type { Part, Planner } from "./planner";

export interface Handle {
  readonly part: Part;
  /** The corner of an area; -1 for a part of one place. */
  readonly corner: number;
  readonly at: Xy;
  readonly z: number;
}

export function handlesOf(plan: Plan): Handle[] {
  const out: Handle[] = [];
  plan.legs.forEach((leg, index) => {
    const part: Part = { of: "leg", index };
    if (leg.kind === "survey")
      leg.area.forEach((at, corner) => {
        out.push({ part, corner, at, z: leg.alt });
      });
    else out.push({ part, corner: -1, at: leg.at, z: leg.alt });
  });
  plan.fences.forEach((fence, index) => {
    fence.area.forEach((at, corner) => {
      out.push({ part: { of: "fence", index }, corner, at, z: 0 });
    });
  });
  return out;
}

/** Moves the handle's point to a place. */
export function moveHandle(planner: Planner, h: Handle, to: Xy): void {
  const { legs, fences } = planner.plan.value;
  const { index } = h.part;
  const merge = `move ${h.part.of} ${index} ${h.corner}`;
  if (h.part.of === "fence") {
    const fence = fences[index];
    if (fence) planner.setFence(index, { ...fence, area: fence.area.with(h.corner, to) }, merge);
    return;
  }
  const leg = legs[index];
  if (!leg) return;
  if (leg.kind === "survey") planner.setLeg(index, { ...leg, area: leg.area.with(h.corner, to) }, merge);
  else planner.setLeg(index, { ...leg, at: to }, merge);
}
