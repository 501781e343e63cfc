// The dashboard's own world, with everything it draws: grid, posts, labels, the fleet.
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
