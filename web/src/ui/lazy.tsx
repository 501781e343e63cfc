// Pages and heavy parts are fetched when they are first opened, so that the live
// view is on screen with the least there is to load.
import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";

type Page = ComponentType<Record<string, never>>;

export const lazyPages: Readonly<Record<string, () => Promise<Page>>> = {
  "/plan": () => import("../plan/panel").then((m) => m.PlanPage),
  "/scenario": () => import("../scenario/panel").then((m) => m.ScenarioPage),
  "/replay": () => import("../replay/page").then((m) => m.ReplayPage),
  "/admin": () => import("../admin/admin").then((m) => m.AdminPage),
  "/api": () => import("../admin/api").then((m) => m.ApiPage),
  "/sessions": () => import("../sessions/sessions").then((m) => m.SessionsPage),
};

const loaded = signal<Readonly<Record<string, Page>>>({});
const failed = signal("");

const parts: Readonly<Record<string, () => Promise<Page>>> = {
  strips: () => import("../charts/strips").then((m) => m.Strips),
};

/** A heavy part inside a page: nothing stands in its place until it is there. */
export function LazyPart(p: { name: string }) {
  const load = parts[p.name];
  useEffect(() => {
    if (!load || loaded.value[p.name]) return;
    load().then(
      (part) => {
        loaded.value = { ...loaded.value, [p.name]: part };
      },
      () => {},
    );
  }, [p.name, load]);
  const Found = loaded.value[p.name];
  return Found ? <Found /> : null;
}

export function Lazy(p: { page: string }) {
  const key = p.page.startsWith("/replay/") ? "/replay" : p.page;
  const load = lazyPages[key];
  useEffect(() => {
    if (!load || loaded.value[key]) return;
    load().then(
      (page) => {
        loaded.value = { ...loaded.value, [key]: page };
        failed.value = "";
      },
      () => {
        failed.value = key;
      },
    );
  }, [key, load]);
  const Found = loaded.value[key];
  if (Found) return <Found />;
  if (load && failed.value !== key) return <main class="page" aria-busy="true" />;
  return (
    <main class="page">
      <div class="panel empty">
        <b>{load ? "This page could not be loaded" : "There is no such page"}</b>
        <span>
          {load ? "The server may be away. Reload when it is back." : "The navigation above lists all pages."}
        </span>
      </div>
    </main>
  );
}
