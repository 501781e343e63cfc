// The menu at the cursor: what can be done here, to whom.
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { useApp } from "../app";
import { count, fixed } from "../ui/format";
import { view } from "./view";

export interface MenuAt {
  /** Pixels in the world. */
  readonly px: { readonly x: number; readonly y: number };
  /** The place on the ground, from the world's origin. */
  readonly ground: { readonly x: number; readonly y: number } | undefined;
  readonly drone: string | undefined;
}

export const menu = signal<MenuAt | undefined>(undefined);

export function WorldMenu() {
  const app = useApp();
  const ref = useRef<HTMLDivElement>(null);
  const at = menu.value;
  useEffect(() => {
    if (!at) return;
    ref.current?.querySelector("button")?.focus();
    const away = (e: Event) => {
      if (e.type === "keydown" && (e as KeyboardEvent).key !== "Escape") return;
      if (e.target instanceof Node && ref.current?.contains(e.target) && e.type !== "keydown") return;
      if (e.type === "keydown") e.preventDefault();
      menu.value = undefined;
    };
    window.addEventListener("pointerdown", away, true);
    window.addEventListener("keydown", away, true);
    return () => {
      window.removeEventListener("pointerdown", away, true);
      window.removeEventListener("keydown", away, true);
    };
  }, [at]);
  if (!at) return null;
  const { ground, drone } = at;
  const ids = app.selection.ids();
  const n = count(ids.length);
  const able = ids.length > 0 && app.link.value.commands;
  const item = (word: string, act: () => void, off = false, b = "") => (
    <button
      type="button"
      role="menuitem"
      key={word}
      disabled={off}
      onClick={() => {
        menu.value = undefined;
        act();
      }}
    >
      {word}
      {b !== "" && <b>{b}</b>}
    </button>
  );
  const height = () => {
    const slots = app.selection.slots(app.fleet);
    return slots.reduce((sum, s) => sum + (app.fleet.z[s] ?? 0), 0) / Math.max(1, slots.length);
  };
  return (
    <div
      class="popover contextmenu"
      ref={ref}
      style={{ left: `${at.px.x}px`, top: `${at.px.y}px` }}
      role="menu"
      aria-label="Here"
      tabIndex={-1}
    >
      <div class="menu-list">
        {drone && (
          <>
            <h3>{drone}</h3>
            {item("Select", () => app.selection.set([drone]))}
            {item(app.selection.has(drone) ? "Take out of the selection" : "Add to the selection", () =>
              app.selection.toggle(drone),
            )}
            {item("Follow", () => {
              app.selection.set([drone]);
              view.follow.value = "follow";
            })}
            <hr />
          </>
        )}
        {ground && (
          <>
            {item("Go here", () => void app.desk.goTo(ids, ground), !able, n)}
            {item(
              "Orbit here",
              () => {
                const z = Math.max(5, height());
                app.desk.request("orbit", ids, { x: ground.x, y: ground.y, z, radius_m: 30 });
              },
              !able,
              n,
            )}
            {item("Select the nearest 5 available", () => app.choose.nearest(5, ground))}
            {item("Measure from here", () => {
              view.tool.value = "measure";
            })}
            {item("Look here", () => {
              app.camera.goal.x = ground.x - app.fleet.originX;
              app.camera.goal.y = ground.y - app.fleet.originY;
            })}
            <p class="note">
              x {fixed(ground.x, 1)} · y {fixed(ground.y, 1)} m
            </p>
          </>
        )}
      </div>
    </div>
  );
}
