// The palette: one field for every action, page, drone and range.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type App, useApp } from "../app";
import { t } from "../text";
import type { Action } from "./actions";
import { palette } from "./open";
import { hasWorld, path } from "./router";

const SHOWN = 12;

interface Item {
  readonly key: string;
  readonly title: string;
  readonly group: string;
  readonly keys: string;
  readonly run: () => void;
}

export function Palette(p: { actions: readonly Action[] }) {
  const app = useApp();
  const dialog = useRef<HTMLDialogElement>(null);
  const query = useSignal("");
  const at = useSignal(0);
  useEffect(() => dialog.current?.showModal(), []);
  const items = itemsFor(app, p.actions, query.value);
  const shownFor = useRef("");
  shownFor.current = query.value;
  const index = Math.min(at.value, items.length - 1);
  const close = () => {
    palette.value = false;
  };
  const run = (item: Item | undefined) => {
    if (!item) return;
    close();
    item.run();
  };
  useEffect(() => {
    document.getElementById(`pal-${index}`)?.scrollIntoView({ block: "nearest" });
  }, [index]);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the click is on the backdrop; the key for it is Escape
    <dialog
      ref={dialog}
      class="palette"
      aria-label={t.palette.title}
      onClose={close}
      onClick={(e) => {
        if (e.target === dialog.current) close();
      }}
    >
      <input
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="pal-list"
        aria-activedescendant={items.length > 0 ? `pal-${index}` : undefined}
        aria-label={t.palette.title}
        placeholder={t.palette.placeholder}
        spellcheck={false}
        autocomplete="off"
        value={query.value}
        onInput={(e) => {
          query.value = e.currentTarget.value;
          at.value = 0;
        }}
        onKeyDown={(e) => {
          if (e.key === "ArrowDown" || e.key === "ArrowUp") {
            e.preventDefault();
            const by = e.key === "ArrowDown" ? 1 : -1;
            at.value = (index + by + items.length) % Math.max(1, items.length);
          } else if (e.key === "Enter") {
            e.preventDefault();
            // Who types fast presses Enter before the list is drawn: what counts is what stands in the field.
            const typed = e.currentTarget.value;
            run(typed === shownFor.current ? items[index] : itemsFor(app, p.actions, typed)[0]);
          }
        }}
      />
      <div id="pal-list" role="listbox" aria-label={t.palette.title} class="pal-list">
        {items.map((item, i) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are heard by the combobox that owns the list
          <div
            id={`pal-${i}`}
            key={item.key}
            role="option"
            tabIndex={-1}
            aria-selected={i === index}
            onPointerMove={() => {
              at.value = i;
            }}
            onClick={() => run(item)}
          >
            <span>{item.title}</span>
            <i>{item.group}</i>
            {item.keys !== "" && <kbd>{item.keys}</kbd>}
          </div>
        ))}
      </div>
      {items.length === 0 && <p class="note">{t.palette.nothing}</p>}
    </dialog>
  );
}

function itemsFor(app: App, actions: readonly Action[], text: string): Item[] {
  const q = text.trim().toLowerCase();
  const items: Item[] = [];
  const near = /^near(?:est)?\s+(\d{1,5})$/.exec(q);
  if (near) {
    const n = Number(near[1]);
    items.push({
      key: "near",
      title: t.palette.selectNearest(n),
      group: t.group.select,
      keys: "",
      run: () => app.choose.nearest(n),
    });
  }
  if (/\d/.test(q) && !near) {
    const ids = app.choose.found(q);
    if (ids.length > 0) {
      const title =
        ids.length === 1 ? t.palette.openDrone(ids[0] ?? "") : t.palette.selectRange(q, ids.length);
      items.push({ key: "ids", title, group: t.group.select, keys: "", run: () => app.selection.set(ids) });
    }
  }
  app.groups.list.value.forEach((g, i) => {
    if (q === "" || !g.name.toLowerCase().includes(q)) return;
    items.push({
      key: `group${i}`,
      title: t.select.group(i + 1, g.name),
      group: t.group.select,
      keys: `G ${i + 1}`,
      run: () => app.choose.group(i + 1),
    });
  });
  const world = hasWorld(path.value);
  const scored = actions
    .filter((a) => !a.quiet && (!a.world || world) && a.able?.() !== false)
    .map((a) => ({ a, score: score(q, a.title.toLowerCase(), t.group[a.group].toLowerCase()) }))
    .filter((x) => x.score > 0)
    .sort((x, y) => y.score - x.score);
  for (const { a } of scored) {
    if (items.length >= SHOWN) break;
    items.push({
      key: a.id,
      title: a.title,
      group: t.group[a.group],
      keys: a.shown ?? a.keys?.[0]?.toUpperCase() ?? "",
      run: a.run,
    });
  }
  return items;
}

/** How well a title fits: as typed at its start, at a word, inside, or as the first letters of its words. */
export function score(q: string, title: string, group: string): number {
  if (q === "") return 1;
  if (title.startsWith(q)) return 5;
  if (title.includes(` ${q}`)) return 4;
  if (title.includes(q)) return 3;
  if (group.startsWith(q)) return 2;
  const initials = title
    .split(" ")
    .map((w) => w[0])
    .join("");
  return initials.startsWith(q) ? 1 : 0;
}
