// The keyboard. Keys typed into a field belong to the field, except Escape.
import type { App } from "../app";
import { nextTrails, showMode, view } from "../world/view";
import { go } from "./router";
import { phone } from "./screen";
import { drawerOpen, sheetOpen } from "./shell";

/** Set by the list: puts the cursor into the search, with a first character if one was typed. */
export const search: { focus: (typed: string) => void } = { focus: () => {} };

export function listenToKeys(app: App): () => void {
  const keys: Readonly<Record<string, () => void>> = {
    " ": () => void app.togglePause(),
    ".": () => void app.step(),
    "[": () => void app.shiftSpeed(-1),
    "]": () => void app.shiftSpeed(1),
    "2": () => showMode("2d"),
    "3": () => showMode("3d"),
    f: () => {
      view.follow.value = !view.follow.value;
    },
    t: nextTrails,
    v: () => {
      view.tool.value = "select";
    },
    b: () => {
      view.tool.value = view.tool.value === "box" ? "select" : "box";
    },
    g: () => {
      if (app.selection.size > 0) view.tool.value = view.tool.value === "goto" ? "select" : "goto";
    },
    a: () => app.world?.fit(),
    e: () => {
      drawerOpen.value = !drawerOpen.value;
    },
    "/": () => search.focus(""),
    "?": () => {
      sheetOpen.value = !sheetOpen.value;
    },
    "+": () => app.camera.zoom(0.8),
    "=": () => app.camera.zoom(0.8),
    "-": () => app.camera.zoom(1.25),
    arrowleft: () => app.camera.pan(60, 0),
    arrowright: () => app.camera.pan(-60, 0),
    arrowup: () => app.camera.pan(0, 60),
    arrowdown: () => app.camera.pan(0, -60),
  };

  const clear = () => {
    if (sheetOpen.value) sheetOpen.value = false;
    else if (view.tool.value !== "select") view.tool.value = "select";
    else app.selection.clear();
  };

  const onKey = (e: KeyboardEvent) => {
    const at = e.target instanceof HTMLElement ? e.target : undefined;
    const inField = at?.matches("input, select, textarea") ?? false;
    if (e.key === "Escape") {
      if (inField) at?.blur();
      else if (location.pathname !== "/") go("/");
      else clear();
      return;
    }
    if (inField || e.altKey || location.pathname !== "/") return;
    if (e.ctrlKey || e.metaKey) {
      if (e.key.toLowerCase() !== "a") return;
      e.preventDefault();
      app.roster.refresh();
      app.selection.set(app.roster.ids());
      return;
    }
    // A focused button or row has its own Space, Enter and arrows.
    const owned = at?.closest("[data-keys]")?.getAttribute("data-keys") ?? "";
    if (owned.split(" ").includes(e.key)) return;
    if (e.key === " " && at?.matches("button, a")) at.blur();
    const act = keys[e.key.toLowerCase()];
    if (act) {
      e.preventDefault();
      act();
    } else if (/^\d$/.test(e.key) && !phone.value) {
      e.preventDefault();
      search.focus(e.key);
    }
  };
  window.addEventListener("keydown", onKey);
  return () => window.removeEventListener("keydown", onKey);
}
