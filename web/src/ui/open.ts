// What lies open over or below the page.
import { signal } from "@preact/signals";

export type DrawerTab = "log" | "alerts" | "commands" | "charts";

export const drawer = signal<DrawerTab | undefined>(undefined);
export const palette = signal(false);
export const sheet = signal(false);
