// FleetPanel: search, mode chips, sortable head and the list.
import { useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { useApp } from "../app";
import { t } from "../text";
import { fleetView, search } from "../ui/focus";
import { count, modeText } from "../ui/format";
import { Cells, Close, ListIcon, Search } from "../ui/icons";
import { Matrix } from "./matrix";
import type { SortKey } from "./roster";
import { SelectMenu } from "./select-menu";
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
  const top = useRef<() => void>(() => {});
  const rechoose = () => {
    roster.refresh();
    top.current();
  };
  return (
    <aside class="fleet" aria-label={t.fleet.title}>
      <div class="fleethead">
        <SearchBox onChange={rechoose} />
        <SelectMenu />
        <button
          type="button"
          class="ghost framed"
          title={`${t.action.matrix} (H)`}
          aria-label={fleetView.value === "list" ? t.fleet.matrix : t.fleet.list}
          onClick={() => {
            fleetView.value = fleetView.value === "list" ? "matrix" : "list";
          }}
        >
          {fleetView.value === "list" ? <Cells /> : <ListIcon />}
        </button>
      </div>
      <Chips onChange={rechoose} />
      {fleetView.value === "matrix" ? <Matrix /> : <Grid top={top} onSort={rechoose} />}
    </aside>
  );
}

function Grid(p: { top: { current: () => void }; onSort: () => void }) {
  const app = useApp();
  const { roster } = app;
  const scroller = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const table = useRef<FleetTable | undefined>(undefined);

  useEffect(() => {
    if (!scroller.current || !body.current) return;
    const made = new FleetTable(scroller.current, body.current, app);
    table.current = made;
    roster.refresh();
    made.write();
    const off = app.pulse.subscribe(() => made.write());
    p.top.current = () => {
      if (scroller.current) scroller.current.scrollTop = 0;
      made.write();
    };
    return () => {
      off();
      made.dispose();
      p.top.current = () => {};
    };
  }, [app, roster, p.top]);

  useSignalEffect(() => {
    void app.selection.revision.value;
    void roster.shown.value;
    table.current?.write();
  });

  return (
    <div
      class="grid"
      role="grid"
      aria-label={t.fleet.title}
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
                  p.onSort();
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
      {roster.shown.value === 0 && app.fleet.size > 0 && (
        <div class="empty" role="row">
          <span role="gridcell">
            <b>{t.fleet.noMatch}</b>
            <br />
            {t.fleet.noMatchHint}
          </span>
        </div>
      )}
    </div>
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
        placeholder={t.fleet.search}
        aria-label={t.fleet.searchLabel}
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
        <button type="button" class="ghost" aria-label={t.fleet.clear} onClick={() => set("")}>
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
