// The keyboard. Keys typed into a field belong to the field, except Escape.
import type { App } from "../app";
import { view } from "../world/view";
import type { Action } from "./actions";
import { search } from "./focus";
import { palette, sheet } from "./open";
import { go, hasWorld, path } from "./router";
import { phone } from "./screen";

/** G waits this long for the number of a group. */
const CHORD_MS = 1500;

export function listenToKeys(app: App, actions: readonly Action[]): () => void {
  const by = new Map<string, Action>();
  for (const a of actions) for (const k of a.keys ?? []) by.set(k, a);
  let chordUntil = 0;

  const clear = () => {
    if (view.tool.value !== "select") view.tool.value = "select";
    else if (view.follow.value !== "off") view.follow.value = "off";
    else app.selection.clear();
  };

  const onKey = (e: KeyboardEvent) => {
    if (e.defaultPrevented) return;
    const at = e.target instanceof HTMLElement ? e.target : undefined;
    const inField = at?.matches("input, select, textarea") ?? false;
    // An open dialog has the keyboard to itself, but for the keys that open and close it.
    const inDialog = document.querySelector("dialog[open]") !== null;
    const mod = e.ctrlKey || e.metaKey;
    if (mod && e.key.toLowerCase() === "k") {
      e.preventDefault();
      palette.value = !palette.value;
      return;
    }
    if (!inField && !inDialog && app.world?.editor?.key(e)) {
      e.preventDefault();
      return;
    }
    if (e.key === "Escape") {
      if (inDialog) return;
      if (inField) at?.blur();
      else if (!hasWorld(path.value)) go("/");
      else clear();
      return;
    }
    if (e.key === "?" && sheet.value) sheet.value = false;
    if (inField || inDialog || e.altKey) return;
    const digit = /^[1-9]$/.test(e.key) ? Number(e.key) : 0;
    if (digit > 0 && e.timeStamp < chordUntil) {
      chordUntil = 0;
      app.choose.group(digit);
      return;
    }
    if (e.key.toLowerCase() === "g" && !mod && hasWorld(path.value)) {
      chordUntil = e.timeStamp + CHORD_MS;
      return;
    }
    // A focused control has its own Space, Enter and arrows.
    const owned = at?.closest("[data-keys]")?.getAttribute("data-keys") ?? "";
    if (owned.split(" ").includes(e.key)) return;
    if (e.key === " " && at?.matches("button:focus-visible, a:focus-visible, summary")) return;
    const action = by.get(`${mod ? "mod+" : ""}${e.key.toLowerCase()}`);
    if (action && (!action.world || hasWorld(path.value))) {
      e.preventDefault();
      if (e.key === " " && at?.matches("button, a")) at.blur();
      if (action.able?.() !== false) action.run();
    } else if (/^\d$/.test(e.key) && !mod && !phone.value && path.value === "/") {
      e.preventDefault();
      search.focus(e.key);
    }
  };
  window.addEventListener("keydown", onKey);
  return () => window.removeEventListener("keydown", onKey);
}
