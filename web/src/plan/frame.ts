// The world's place on the earth, as far as the fleet has told it.
import type { App } from "../app";
import { LocalFrame } from "../world/geodesy";

export function frameOf(app: App): LocalFrame | undefined {
  const a = app.fleet.anchor;
  return a && LocalFrame.from(a, a.at);
}
