// The drawer: event log, alerts, commands.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { useApp } from "../app";
import { CommandHistory } from "../command/results";
import { AlertList } from "./alerts";
import { clockText, count } from "./format";
import { Close } from "./icons";
import { type DrawerTab, drawer } from "./open";

const SHOWN = 200;
const filters = [
  ["all", "All"],
  ["warning", "Warnings"],
  ["error", "Errors"],
] as const;

const tabs: readonly (readonly [DrawerTab, string])[] = [
  ["log", "Log"],
  ["alerts", "Alerts"],
  ["commands", "Commands"],
];

export function Drawer() {
  const app = useApp();
  const tab = drawer.value ?? "log";
  return (
    <section class="drawer" aria-label="Log, alerts and commands">
      <div class="drawertabs">
        <div class="drawertablist" role="tablist" aria-label="Drawer">
          {tabs.map(([key, word]) => (
            <button
              type="button"
              role="tab"
              key={key}
              aria-selected={tab === key}
              onClick={() => {
                drawer.value = key;
              }}
            >
              {word}
              {key === "alerts" && app.alerts.open.value > 0 && (
                <b class="badge">{count(app.alerts.open.value)}</b>
              )}
              {key === "commands" && app.desk.outcomes.value.length > 0 && (
                <i>{count(app.desk.outcomes.value.length)}</i>
              )}
            </button>
          ))}
        </div>
        <span class="grow" />
        <button
          type="button"
          class="ghost"
          aria-label="Close the drawer"
          onClick={() => {
            drawer.value = undefined;
          }}
        >
          <Close />
        </button>
      </div>
      {tab === "commands" ? <CommandHistory /> : tab === "alerts" ? <AlertList /> : <LogView />}
    </section>
  );
}

export function LogView() {
  const app = useApp();
  const only = useSignal<"all" | "warning" | "error">("all");
  void app.pulse.value;
  const body = useRef<HTMLDivElement>(null);
  const atTop = useRef(true);
  useEffect(() => {
    // The newest line is on top; who scrolled down to read keeps the place.
    if (atTop.current && body.current) body.current.scrollTop = 0;
  });
  const lines = app.log.lines.filter(
    (l) => only.value === "all" || l.severity === "error" || l.severity === only.value,
  );
  return (
    <>
      <div class="drawerhead">
        <div class="segments" role="group" aria-label="Severity">
          {filters.map(([key, word]) => (
            <button
              type="button"
              key={key}
              aria-pressed={only.value === key}
              onClick={() => {
                only.value = key;
              }}
            >
              {word}
            </button>
          ))}
        </div>
        <span class="muted">{count(app.log.total)} heard</span>
      </div>
      <div
        class="loglines"
        ref={body}
        onScroll={() => {
          atTop.current = (body.current?.scrollTop ?? 0) < 8;
        }}
      >
        {lines.length === 0 && <p class="empty">Nothing has happened yet.</p>}
        {lines
          .slice(-SHOWN)
          .reverse()
          .map((l) => (
            <button
              type="button"
              key={l.key}
              class={`logline ${l.severity}`}
              disabled={l.drones.length === 0}
              onClick={() => app.selection.set(l.drones)}
            >
              <time>{clockText(l.lastSimTime)}</time>
              <i
                class={`shape ${l.severity === "error" ? "k3" : l.severity === "warning" ? "k2" : "info"}`}
                aria-hidden="true"
              />
              <span class="who">
                {l.drones.length > 1
                  ? `${l.drones.length}${l.count > l.drones.length ? "+" : ""} drones`
                  : l.drone || "–"}
              </span>
              <span class="what">{l.message}</span>
              {l.count > 1 && <span class="times">×{count(l.count)}</span>}
            </button>
          ))}
      </div>
    </>
  );
}
