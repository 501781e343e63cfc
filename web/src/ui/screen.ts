// What the screen and its owner allow.
import { type Signal, signal } from "@preact/signals";

function follow(query: string): Signal<boolean> {
  const list = window.matchMedia(query);
  const s = signal(list.matches);
  list.addEventListener("change", () => {
    s.value = list.matches;
  });
  return s;
}

export const phone = follow("(max-width: 759px)");
export const lessMotion = follow("(prefers-reduced-motion: reduce)");
