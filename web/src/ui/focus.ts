// Where the fleet's search is, for whoever wants the cursor there, and how the
// fleet is shown.
import { signal } from "@preact/signals";

/** Set by the list: puts the cursor into the search, with a first character if one was typed. */
export const search: { focus: (typed: string) => void } = { focus: () => {} };

export const fleetView = signal<"list" | "matrix">("list");
