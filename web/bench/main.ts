// One page, one contestant: ?draw=own|three|maplibre&drones=N&seconds=S. The result
// stands in window.result when it is done.
import { BenchFleet, HZ } from "./fleet";
import type { Contestant } from "./measure";
import { measure } from "./measure";

const query = new URLSearchParams(location.search);
const fleet = new BenchFleet(Number(query.get("drones") ?? 1000));
const host = document.getElementById("host") as HTMLElement;

const makers: Readonly<
  Record<string, () => Promise<(h: HTMLElement, f: BenchFleet) => Promise<Contestant>>>
> = {
  own: () => import("./own").then((m) => m.own),
  three: () => import("./three").then((m) => m.three),
  maplibre: () => import("./maplibre").then((m) => m.maplibre),
};
const make = await makers[query.get("draw") ?? "own"]?.();
if (!make) throw new Error("?draw=own, three or maplibre");
const contestant = await make(host, fleet);
(window as unknown as { result: unknown }).result = await measure(
  contestant,
  HZ,
  Number(query.get("seconds") ?? 6),
);
