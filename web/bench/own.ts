// The dashboard's own world, with everything it draws: grid, posts, labels, the fleet.
import { Roster } from "../src/fleet/roster";
import { Selection } from "../src/fleet/selection";
import { RenderClock } from "../src/live/clock";
import { Fleet } from "../src/live/fleet";
import { Camera } from "../src/world/camera";
import { Targets } from "../src/world/targets";
import { Trails } from "../src/world/trails";
import { World } from "../src/world/world";
import type { BenchFleet } from "./fleet";
import type { Contestant } from "./measure";

export async function own(host: HTMLElement, bench: BenchFleet): Promise<Contestant> {
  const canvas = document.createElement("canvas");
  const labels = document.createElement("div");
  host.append(canvas, labels);
  const [fleet, clock, selection] = [new Fleet(), new RenderClock(), new Selection()];
  const world = new World(canvas, labels, {
    fleet,
    clock,
    selection,
    targets: new Targets(),
    trails: new Trails(),
    camera: new Camera(),
    link: () => ({ name: "live", age: 0, connecting: false, greyed: false, commands: true }),
    onFrame: () => {},
    onView: () => {},
  });
  world.manual = true;
  (window as unknown as { list: () => number }).list = () => listing(fleet);
  return {
    update: (t) => {
      const now = performance.now() / 1000;
      const f = bench.frame(t);
      clock.frame(f.simTime, now);
      fleet.take(f, clock.at(now), now);
    },
    frame: () => world.tickOnce(),
  };
}

/** Median milliseconds to search, filter and sort the whole list. */
function listing(fleet: Fleet): number {
  const roster = new Roster(fleet);
  const took: number[] = [];
  for (let i = 0; i < 40; i++) {
    roster.query.value = ["", "1-5000", "x500", "battery<90", "d99"][i % 5] ?? "";
    roster.sort.value = {
      key: (["id", "mode", "height", "battery"] as const)[i % 4] ?? "id",
      down: i % 2 === 0,
    };
    const t0 = performance.now();
    roster.refresh();
    took.push(performance.now() - t0);
  }
  return took.sort((a, b) => a - b)[20] ?? 0;
}
