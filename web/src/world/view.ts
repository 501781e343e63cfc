// What the operator chose about the picture of the world.
import { signal } from "@preact/signals";
import type { ViewMode } from "./camera";

export type Tool = "select" | "box" | "goto" | "measure" | "draw";
/** Off, the target kept on the selected, or the camera behind them as they turn. */
export type FollowChoice = "off" | "follow" | "chase";
export type TrailChoice = "selected" | "all" | "off";

export const view = {
  mode: signal<ViewMode>(localStorage.getItem("volary.view") === "2d" ? "2d" : "3d"),
  tool: signal<Tool>("select"),
  follow: signal<FollowChoice>("off"),
  trails: signal<TrailChoice>("selected"),
};

export function showMode(mode: ViewMode): void {
  view.mode.value = mode;
  localStorage.setItem("volary.view", mode);
}

export function nextTrails(): void {
  const order: readonly TrailChoice[] = ["selected", "all", "off"];
  view.trails.value = order[(order.indexOf(view.trails.value) + 1) % order.length] ?? "selected";
}
