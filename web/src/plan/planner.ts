// Planner holds the plan that is being drawn, with what is chosen in it and the
// way back: every change is one step of undo.
import { type Signal, signal } from "@preact/signals";
import { emptyPlan, type Fence, type Leg, type Plan, type Xy } from "./model";

export type PlanTool = "edit" | "waypoint" | "survey" | "orbit" | "fence_in" | "fence_out";

/** A leg or a fence by its place in the plan. */
export interface Part {
  readonly of: "leg" | "fence";
  readonly index: number;
}

const KEY = "volary.plan";
const STEPS = 100;

export class Planner {
  readonly plan: Signal<Plan>;
  readonly tool: Signal<PlanTool> = signal("edit");
  readonly chosen: Signal<Part | undefined> = signal(undefined);
  /** Corners of the area being drawn. */
  readonly draft: Signal<readonly Xy[]> = signal([]);
  /** Where the pointer is over the ground while drawing. */
  readonly cursor: Signal<Xy | undefined> = signal(undefined);
  /** Given to what is drawn next. */
  readonly defaults = { alt: 30, spacing: 20, angle: 0, radius: 40, turns: 2, top: 120 };
  readonly undoable = signal(false);
  #past: Plan[] = [];
  #future: Plan[] = [];
  #merging = "";

  constructor(readonly memory: Pick<Storage, "getItem" | "setItem"> = sessionStorage) {
    this.plan = signal(remembered(memory.getItem(KEY)));
  }

  /** Replaces the plan. Changes of the same `merge` in a row are one step back: a drag, a number typed. */
  change(next: Plan, merge = ""): void {
    if (merge === "" || merge !== this.#merging) {
      this.#past.push(this.plan.value);
      if (this.#past.length > STEPS) this.#past.shift();
    }
    this.#merging = merge;
    this.#future = [];
    this.#set(next);
  }

  /** The next change begins a step of its own. */
  settle(): void {
    this.#merging = "";
  }

  undo(): void {
    const before = this.#past.pop();
    if (!before) return;
    this.#future.push(this.plan.value);
    this.#merging = "";
    this.chosen.value = undefined;
    this.#set(before);
  }

  redo(): void {
    const next = this.#future.pop();
    if (!next) return;
    this.#past.push(this.plan.value);
    this.#set(next);
  }

  clear(): void {
    this.change({ ...emptyPlan, name: this.plan.value.name });
    this.chosen.value = undefined;
    this.draft.value = [];
  }

  addLeg(leg: Leg): void {
    const { plan } = this;
    this.change({ ...plan.value, legs: [...plan.value.legs, leg] });
    this.chosen.value = { of: "leg", index: plan.value.legs.length - 1 };
  }

  addFence(fence: Fence): void {
    const { plan } = this;
    this.change({ ...plan.value, fences: [...plan.value.fences, fence] });
    this.chosen.value = { of: "fence", index: plan.value.fences.length - 1 };
  }

  setLeg(index: number, leg: Leg, merge = ""): void {
    this.change({ ...this.plan.value, legs: this.plan.value.legs.with(index, leg) }, merge);
  }

  setFence(index: number, fence: Fence, merge = ""): void {
    this.change({ ...this.plan.value, fences: this.plan.value.fences.with(index, fence) }, merge);
  }

  removeChosen(): void {
    const part = this.chosen.value;
    if (!part) return;
    const p = this.plan.value;
    this.chosen.value = undefined;
    if (part.of === "leg") this.change({ ...p, legs: p.legs.toSpliced(part.index, 1) });
    else this.change({ ...p, fences: p.fences.toSpliced(part.index, 1) });
  }

  /** Moves a leg up (-1) or down (1) in the order flown. */
  moveLeg(index: number, by: -1 | 1): void {
    const legs = [...this.plan.value.legs];
    const [leg] = legs.splice(index, 1);
    if (!leg || index + by < 0 || index + by > legs.length) return;
    legs.splice(index + by, 0, leg);
    this.change({ ...this.plan.value, legs });
    this.chosen.value = { of: "leg", index: index + by };
  }

  #set(p: Plan): void {
    this.plan.value = p;
    this.undoable.value = this.#past.length > 0;
    this.memory.setItem(KEY, JSON.stringify(p));
  }
}

function remembered(text: string | null): Plan {
  if (!text) return emptyPlan;
  try {
    const p = JSON.parse(text) as Partial<Plan>;
    return Array.isArray(p.legs) && Array.isArray(p.fences) ? { ...emptyPlan, ...p } : emptyPlan;
  } catch {
    return emptyPlan;
  }
}
