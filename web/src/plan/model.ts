// Plan is what a person draws: legs in the order they are flown, and fences. Places
// are metres from the world's origin; heights are above the take-off point.

export interface Xy {
  readonly x: number;
  readonly y: number;
}

export interface Waypoint {
  readonly kind: "waypoint";
  readonly at: Xy;
  readonly alt: number;
  /** Seconds to stay. */
  readonly hold: number;
}

export interface Survey {
  readonly kind: "survey";
  readonly area: readonly Xy[];
  readonly alt: number;
  /** Metres between the lines. */
  readonly spacing: number;
  /** Direction of the lines, degrees clockwise from north. */
  readonly angle: number;
}

export interface Orbit {
  readonly kind: "orbit";
  readonly at: Xy;
  readonly radius: number;
  readonly alt: number;
  readonly turns: number;
}

export type Leg = Waypoint | Survey | Orbit;

export interface Fence {
  readonly keep: "in" | "out";
  readonly area: readonly Xy[];
  /** Metres above the world's origin. */
  readonly top: number;
}

export interface Plan {
  readonly name: string;
  /** m/s */
  readonly speed: number;
  readonly takeoff: number;
  readonly end: "rtl" | "land" | "hold";
  readonly legs: readonly Leg[];
  readonly fences: readonly Fence[];
}

export const emptyPlan: Plan = {
  name: "Plan 1",
  speed: 8,
  takeoff: 20,
  end: "rtl",
  legs: [],
  fences: [],
};

export function isEmptyPlan(p: Plan): boolean {
  return p.legs.length === 0 && p.fences.length === 0;
}
