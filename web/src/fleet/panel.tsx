// FleetPanel: search, mode chips, sortable head and the list.
import { useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { useApp } from "../app";
import { count, modeText } from "../ui/format";
import { Close, Search } from "../ui/icons";
import { search } from "../ui/keys";
import type { SortKey } from "./roster";
import { FleetTable } from "./table";

const columns: readonly (readonly [SortKey, string, string])[] = [
  ["id", "Drone", "c-id"],
  ["mode", "Mode", "c-mode"],
  ["height", "m", "c-num"],
  ["speed", "m/s", "c-num"],
  ["battery", "Battery", "c-bat"],
];

export function FleetPanel() {
  const app = useApp();
  const { roster } = app;
  const scroller = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const table = useRef<FleetTable | undefined>(undefined);

  useEffect(() => {
    if (!scroller.current || !body.current) return;
    const t = new FleetTable(scroller.current, body.current, app);
    table.current = t;
    roster.refresh();
    t.write();
    const off = app.pulse.subscribe(() => t.write());
    return () => {
      off();
      t.dispose();
    };
  }, [app, roster]);

  useSignalEffect(() => {
    void app.selection.revision.value;
    void roster.shown.value;
    table.current?.write();
  });

  const rechoose = () => {
    roster.refresh();
    if (scroller.current) scroller.current.scrollTop = 0;
    table.current?.write();
  };

  return (
    <aside class="fleet" aria-label="Fleet">
      <SearchBox onChange={rechoose} />
      <Chips onChange={rechoose} />
      <div
        class="grid"
        role="grid"
        aria-label="Drones"
        aria-multiselectable="true"
        tabIndex={0}
        ref={scroller}
        data-keys="ArrowUp ArrowDown Enter Home End PageUp PageDown"
      >
        <div class="head" role="row" aria-rowindex={1}>
          {columns.map(([key, word, look]) => {
            const s = roster.sort.value;
            const mine = s.key === key;
            return (
              <span
                role="columnheader"
                key={key}
                class={look}
                aria-sort={mine ? (s.down ? "descending" : "ascending") : "none"}
              >
                <button
                  type="button"
                  tabIndex={-1}
                  onClick={() => {
                    roster.sort.value = { key, down: mine && !s.down };
                    rechoose();
                  }}
                >
                  {word}
                  {mine && <i class={s.down ? "caret down" : "caret"} aria-hidden="true" />}
                </button>
              </span>
            );
          })}
        </div>
        <div class="rows" role="rowgroup" ref={body} />
        {roster.shown.value === 0 && app.fleet.size > 0 && <p class="empty">No drone matches.</p>}
      </div>
    </aside>
  );
}

function SearchBox(p: { onChange: () => void }) {
  const app = useApp();
  const { roster } = app;
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    search.focus = (typed) => {
      const i = input.current;
      if (!i) return;
      i.focus();
      i.select();
      if (typed === "") return;
      roster.query.value = typed;
      i.value = typed;
      i.setSelectionRange(typed.length, typed.length);
      p.onChange();
    };
    return () => {
      search.focus = () => {};
    };
  });
  const set = (v: string) => {
    roster.query.value = v;
    p.onChange();
  };
  return (
    <label class="search">
      <Search />
      <input
        ref={input}
        type="search"
        placeholder="Search, or 10-20 and Enter"
        aria-label="Search drones by id, range, name, mode or status"
        value={roster.query.value}
        spellcheck={false}
        autocomplete="off"
        onInput={(e) => set(e.currentTarget.value)}
        onKeyDown={(e) => {
          if (e.key !== "Enter") return;
          app.roster.refresh();
          app.selection.set(roster.ids());
          set("");
          e.currentTarget.blur();
        }}
      />
      {roster.query.value === "" ? (
        <kbd>/</kbd>
      ) : (
        <button type="button" class="ghost" aria-label="Clear the search" onClick={() => set("")}>
          <Close />
        </button>
      )}
    </label>
  );
}

function Chips(p: { onChange: () => void }) {
  const app = useApp();
  const { roster } = app;
  const only = roster.mode.value;
  const all = roster.modes.value.reduce((n, [, m]) => n + m, 0);
  const set = (mode: string) => {
    roster.mode.value = mode;
    p.onChange();
  };
  return (
    <div class="chips" role="group" aria-label="Mode">
      <button type="button" aria-pressed={only === ""} onClick={() => set("")}>
        All <b>{count(all)}</b>
      </button>
      {roster.modes.value.map(([mode, n]) => (
        <button
          type="button"
          key={mode}
          aria-pressed={only === mode}
          onClick={() => set(only === mode ? "" : mode)}
        >
          {modeText(mode)} <b>{count(n)}</b>
        </button>
      ))}
    </div>
  );
}
