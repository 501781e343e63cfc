// The theme follows the system until the person chooses; the choice is kept.
import { signal } from "@preact/signals";

export type Theme = "dark" | "light";
const KEY = "volary.theme";
const light = window.matchMedia("(prefers-color-scheme: light)");

function chosen(): Theme | undefined {
  const t = localStorage.getItem(KEY);
  return t === "dark" || t === "light" ? t : undefined;
}

function wanted(): Theme {
  return chosen() ?? (light.matches ? "light" : "dark");
}

export const theme = signal<Theme>(wanted());

function apply(): void {
  theme.value = wanted();
  document.documentElement.dataset.theme = theme.value;
}

export function startTheme(): void {
  apply();
  light.addEventListener("change", apply);
}

export function toggleTheme(): void {
  localStorage.setItem(KEY, theme.value === "dark" ? "light" : "dark");
  apply();
}
