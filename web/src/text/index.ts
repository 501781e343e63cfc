// Every text of the interface comes from one table, so that another language is
// another table of the same type and nothing else.
import { en } from "./en";

export type Text = typeof en;

export const t: Text = en;
