// Chooser turns wishes ("all flying", "the nearest five", "group 2", "100-200")
// into a selection.
import type { Fleet } from "../live/fleet";
import { t } from "../text";
import type { Groups } from "./groups";
import { nearestAvailable } from "./nearest";
import { isEmpty, matches, parseQuery } from "./query";
import type { Roster } from "./roster";
import type { Selection } from "./selection";

export class Chooser {
  constructor(
    readonly fleet: Fleet,
    readonly selection: Selection,
    readonly roster: Roster,
    readonly groups: Groups,
    /** The middle of the view, from the world's origin. */
    readonly middle: () => { x: number; y: number },
    readonly say: (text: string) => void,
  ) {}

  /** All that the list shows. */
  listed(): void {
    this.roster.refresh();
    this.selection.set(this.roster.ids());
  }

  flying(): void {
    this.#where((s) => this.fleet.armed[s] === 1);
  }

  kind(kind: number): void {
    this.#where((s) => this.fleet.kind[s] === kind);
  }

  inverted(): void {
    this.#where((s) => !this.selection.has(this.fleet.id[s] ?? ""));
  }

  /** The nearest `n` that are free, to a place or to the middle of the view. */
  nearest(n: number, to = this.middle()): void {
    const ids = nearestAvailable(this.fleet, to, n);
    this.selection.set(ids);
    if (ids.length < n) this.say(t.select.fewAvailable(ids.length));
  }

  /** Ids that a typed query names. */
  found(query: string): string[] {
    const q = parseQuery(query);
    if (isEmpty(q)) return [];
    const ids: string[] = [];
    for (let s = 0; s < this.fleet.high; s++)
      if (this.fleet.alive[s] && matches(q, this.fleet, s)) ids.push(this.fleet.id[s] ?? "");
    return ids;
  }

  group(number: number): void {
    const g = this.groups.list.value[number - 1];
    if (g) this.selection.set(g.ids);
    else this.say(t.select.groupEmpty(number));
  }

  saveGroup(name: string): void {
    const n = this.groups.save(name, this.selection.ids());
    if (n > 0) this.say(t.select.groupSaved(n));
  }

  #where(test: (slot: number) => boolean): void {
    const ids: string[] = [];
    for (let s = 0; s < this.fleet.high; s++)
      if (this.fleet.alive[s] && test(s)) ids.push(this.fleet.id[s] ?? "");
    this.selection.set(ids);
  }
}
