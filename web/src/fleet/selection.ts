// Selection is the set of chosen drones, by id: a drone that leaves and comes
// back is still chosen. List, world and inspector share this one.
import { type Signal, signal } from "@preact/signals";
import type { Fleet } from "../live/fleet";

export class Selection {
  /** Rises with every change; read it to be told. */
  readonly revision: Signal<number> = signal(0);
  #ids = new Set<string>();

  get size(): number {
    return this.#ids.size;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  ids(): string[] {
    return [...this.#ids];
  }

  set(ids: Iterable<string>): void {
    this.#ids = new Set(ids);
    this.revision.value++;
  }

  add(ids: Iterable<string>): void {
    for (const id of ids) this.#ids.add(id);
    this.revision.value++;
  }

  toggle(id: string): void {
    if (!this.#ids.delete(id)) this.#ids.add(id);
    this.revision.value++;
  }

  clear(): void {
    if (this.#ids.size === 0) return;
    this.#ids.clear();
    this.revision.value++;
  }

  /** Slots of the chosen drones that are there. */
  slots(fleet: Fleet): number[] {
    const out: number[] = [];
    for (const id of this.#ids) {
      const s = fleet.slotOf(id);
      if (s !== undefined) out.push(s);
    }
    return out;
  }
}
