// Groups are selections kept by name, numbered from 1, remembered by the browser.
import { type Signal, signal } from "@preact/signals";

export interface Group {
  readonly name: string;
  readonly ids: readonly string[];
}

const KEY = "volary.groups";
const MOST = 9;

export class Groups {
  readonly list: Signal<readonly Group[]>;

  constructor(readonly memory: Pick<Storage, "getItem" | "setItem"> = localStorage) {
    this.list = signal(read(memory.getItem(KEY)));
  }

  /** Keeps a selection; answers its number, or 0 when all nine are taken. */
  save(name: string, ids: readonly string[]): number {
    const same = this.list.value.findIndex((g) => g.name === name);
    if (same < 0 && this.list.value.length >= MOST) return 0;
    const group = { name, ids: [...ids] };
    this.#keep(same < 0 ? [...this.list.value, group] : this.list.value.with(same, group));
    return same < 0 ? this.list.value.length : same + 1;
  }

  remove(index: number): void {
    this.#keep(this.list.value.toSpliced(index, 1));
  }

  #keep(list: readonly Group[]): void {
    this.list.value = list;
    this.memory.setItem(KEY, JSON.stringify(list));
  }
}

/** What an older version or a person wrote there is taken as far as it makes sense. */
function read(text: string | null): Group[] {
  if (!text) return [];
  try {
    const list: unknown = JSON.parse(text);
    if (!Array.isArray(list)) return [];
    return list
      .filter(
        (g): g is Group =>
          typeof g?.name === "string" &&
          Array.isArray(g.ids) &&
          g.ids.every((i: unknown) => typeof i === "string"),
      )
      .slice(0, MOST);
  } catch {
    return [];
  }
}
