// Announcer speaks to screen readers, at most once in two seconds: the newest
// text waits its turn, older ones that never got theirs are dropped.
import { signal } from "@preact/signals";

const GAP_MS = 2000;

export class Announcer {
  readonly text = signal("");
  #next = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  say(text: string): void {
    this.#next = text;
    if (this.#timer !== undefined) return;
    this.#speak();
  }

  #speak(): void {
    this.text.value = this.#next;
    this.#next = "";
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#next !== "") this.#speak();
    }, GAP_MS);
  }
}
