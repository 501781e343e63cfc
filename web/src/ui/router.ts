// Paths on the client: the server answers index.html for each of them.
import { signal } from "@preact/signals";
import { t } from "../text";

export const path = signal(location.pathname);
/** The part after the question mark, as of the last navigation. */
export const search = signal(location.search);

/** The pages of the navigation, in its order. */
export const pages: readonly (readonly [string, string])[] = [
  ["/", t.page.live],
  ["/plan", t.page.plan],
  ["/scenario", t.page.scenario],
  ["/sessions", t.page.sessions],
  ["/admin", t.page.admin],
  ["/api", t.page.api],
];

window.addEventListener("popstate", read);

function read(): void {
  path.value = location.pathname;
  search.value = location.search;
}

/** Pages that show the world beside something else. */
export function hasWorld(p: string): boolean {
  return p === "/" || p === "/plan" || p === "/scenario" || p.startsWith("/replay/");
}

export function go(to: string): void {
  if (to === location.pathname + location.search) return;
  history.pushState(null, "", to);
  read();
}

/** For the click of a link: in-page for a plain click, the browser's way with a modifier. */
export function follow(e: MouseEvent, to: string): void {
  if (e.ctrlKey || e.metaKey || e.shiftKey || e.button !== 0) return;
  e.preventDefault();
  go(to);
}
