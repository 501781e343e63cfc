// Deep links: a URL holds what is selected, where the camera stands and, in a
// replay, the moment. Ids are folded into ranges, so that a link to a thousand
// drones stays a link.
import type { App } from "../app";
import { foldIds, unfoldIds } from "../fleet/ids";
import type { ViewMode } from "../world/camera";
import { view } from "../world/view";

const MAX_SELECTION = 1500; // characters: longer links are cut by chats and mail

export interface Deep {
  readonly sel?: string;
  readonly cam?: string;
  readonly t?: number;
}

export function readDeep(query: string): Deep {
  const p = new URLSearchParams(query);
  const time = Number(p.get("t") ?? Number.NaN);
  return {
    ...(p.get("sel") && { sel: p.get("sel") ?? "" }),
    ...(p.get("cam") && { cam: p.get("cam") ?? "" }),
    ...(Number.isFinite(time) && p.get("t") && { t: time }),
  };
}

/** Puts selection and camera as the link says. */
export function openDeep(app: App, deep: Deep): void {
  if (deep.sel) app.selection.set(unfoldIds(deep.sel));
  const parts = deep.cam?.split(",") ?? [];
  const mode = parts[0] === "2d" || parts[0] === "3d" ? (parts[0] as ViewMode) : undefined;
  const n = parts.slice(1).map(Number);
  if (!mode || n.length !== 6 || !n.every(Number.isFinite)) return;
  const [x, y, z, distance, azimuth, elevation] = n as [number, number, number, number, number, number];
  view.mode.value = mode;
  app.camera.wanted = { x, y, z, distance, azimuth, elevation };
}

/** The URL of what is on screen now. */
export function deepLink(app: App, t?: number): string {
  const p = new URLSearchParams();
  const sel = foldIds(app.selection.ids());
  if (sel !== "" && sel.length <= MAX_SELECTION) p.set("sel", sel);
  const g = app.camera.goal;
  const round = (v: number, digits: number) => String(Number(v.toFixed(digits)));
  p.set(
    "cam",
    [
      view.mode.value,
      round(g.x + app.fleet.originX, 1),
      round(g.y + app.fleet.originY, 1),
      round(g.z, 1),
      round(g.distance, 1),
      round(g.azimuth, 3),
      round(g.elevation, 3),
    ].join(","),
  );
  if (t !== undefined) p.set("t", t.toFixed(2));
  return `${location.pathname}?${p.toString().replaceAll("%2C", ",")}`;
}

export function copyLink(app: App): void {
  const link = deepLink(app, app.time.replaying ? app.time.now() : undefined);
  history.replaceState(null, "", link);
  // The clipboard exists on secure origins alone; the address bar holds the link in any case.
  void navigator.clipboard?.writeText(new URL(link, location.href).href).catch(() => {});
}
