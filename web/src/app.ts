// The parts of the dashboard and how they are joined:
//
//   LiveSocket ─► RenderClock, Fleet (typed arrays) ─► World (WebGL2), list, figures
//        │     └► LinkWatch, EventLog ─────────────► bars, banner, log
//        └◄ CommandDesk ◄ inspector, keys
//
// Values that change with every frame stay in the arrays; the interface hears a
// pulse five times a second and reads what it shows from there.
import { type Signal, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { eachDrone } from "./api/rest";
import { type Environment, getEnvironment } from "./api/scenario";
import { StripMemory } from "./charts/memory";
import { CommandDesk } from "./command/desk";
import { Chooser } from "./fleet/chooser";
import { Groups } from "./fleet/groups";
import { Roster } from "./fleet/roster";
import { Selection } from "./fleet/selection";
import { Alerts } from "./live/alerts";
import { RenderClock } from "./live/clock";
import { DroneHistory, EventLog } from "./live/events";
import { Fleet, KIND } from "./live/fleet";
import { Lag } from "./live/lag";
import { type LinkView, LinkWatch } from "./live/link";
import { LiveTime } from "./live/livetime";
import { Meter } from "./live/meter";
import { PackedFeed } from "./live/packed";
import type { ReplayTime } from "./live/replaytime";
import { LiveSocket } from "./live/socket";
import { TimeControl } from "./live/time";
import { Fences } from "./plan/fences";
import { Replayer } from "./replay/replayer";
import { t } from "./text";
import { Announcer } from "./ui/announcer";
import { openDeep, readDeep } from "./ui/link";
import type { FleetEvent, Frame, Status } from "./wire/messages";
import { Camera } from "./world/camera";
import type { Layer } from "./world/layer";
import { Obstacles } from "./world/obstacles";
import { Targets } from "./world/targets";
import { Trails } from "./world/trails";
import type { World } from "./world/world";

const PULSE_MS = 200;

export class App {
  readonly fleet = new Fleet();
  readonly clock = new RenderClock();
  readonly watch = new LinkWatch();
  readonly log = new EventLog();
  readonly alerts = new Alerts();
  readonly history = new DroneHistory();
  readonly selection = new Selection();
  readonly roster = new Roster(this.fleet);
  readonly targets = new Targets();
  readonly trails = new Trails();
  readonly camera = new Camera();
  readonly strips = new StripMemory();
  readonly announcer = new Announcer();
  readonly frames = new Meter();
  readonly bytes = new Meter();
  readonly socket: LiveSocket;
  readonly desk: CommandDesk;
  readonly groups = new Groups();
  readonly choose: Chooser;
  readonly time: TimeControl;
  readonly replayer: Replayer = new Replayer(this);

  /** Drawn into whatever world is on screen. */
  readonly layers: Layer[] = [];
  readonly obstacles = new Obstacles();
  readonly air: Signal<Environment | undefined> = signal(undefined);
  readonly fences: Fences = new Fences(this.fleet);

  /** The picture of the world, while it is on screen. */
  world: World | undefined;

  /** Rises five times a second. */
  readonly pulse = signal(0);
  readonly status: Signal<Status | undefined> = signal(undefined);
  readonly link: Signal<LinkView> = signal(this.watch.view(0));
  readonly counts: Signal<readonly number[]> = signal([0, 0, 0, 0]);
  readonly rtt: Signal<number | undefined> = signal(undefined);
  readonly dropped = signal(0);
  readonly notice = signal("");

  readonly packed = new PackedFeed();
  #lag = new Lag();
  #naming = false;
  #namedAt = 0;
  #detailKey = -1;
  #countedAt = -1;
  #rosterAt = 0;

  constructor() {
    this.socket = new LiveSocket({
      frame: (f) => this.#frame(f),
      detail: (f) => this.fleet.detail(f),
      packed: (m) => this.#packed(m),
      status: (s) => this.#status(s),
      event: (e) => this.#event(e),
      replay: (r) => this.replayer.heard(r),
      dropped: (n) => {
        this.dropped.value += n;
      },
      connected: () => {
        void this.fences.refresh();
        void this.obstacles.refresh();
        void getEnvironment().then((a) => {
          if (a.ok) this.air.value = a.value;
        });
        this.watch.connected();
        this.#judge();
      },
      disconnected: () => {
        this.watch.disconnected(seconds());
        this.rtt.value = undefined;
        this.#judge();
      },
      bytes: (n) => this.bytes.add(n, seconds()),
      rtt: (ms, ahead) => {
        this.rtt.value = ms;
        this.#lag.ping(ms, ahead);
      },
    });
    this.desk = new CommandDesk(this.fleet, this.socket, this.targets, () => this.#view());
    this.desk.latch.engaged.subscribe((on) => {
      document.documentElement.dataset.stopped = String(on);
      if (on) this.announcer.say(t.stop.engaged);
    });
    const middle = () => ({
      x: this.camera.goal.x + this.fleet.originX,
      y: this.camera.goal.y + this.fleet.originY,
    });
    this.choose = new Chooser(this.fleet, this.selection, this.roster, this.groups, middle, (x) =>
      this.say(x),
    );
    this.time = new TimeControl(
      new LiveTime({
        socket: this.socket,
        status: this.status,
        allowed: () => this.watch.view(seconds()).commands,
        say: (text) => this.say(text),
        now: () => this.shownTime(),
        assume: (change) => this.#assume(change),
      }),
    );
  }

  start(): void {
    this.layers.push(this.fences.layer, this.obstacles.layer);
    openDeep(this, readDeep(location.search));
    this.socket.open();
    setInterval(() => this.#beat(), PULSE_MS);
    window.__volary = {
      positions: (id) => {
        const slot = this.fleet.slotOf(id);
        if (slot === undefined) return undefined;
        return this.fleet.positionAt(slot, this.clock.at(seconds()), { x: 0, y: 0, z: 0 });
      },
    };
  }

  /** Simulated seconds on screen. */
  shownTime(): number {
    if (this.fleet.frames === 0) return this.status.value?.simTime ?? 0;
    return this.clock.at(seconds()) * this.fleet.way;
  }

  /** Milliseconds from the tick in the simulator to its picture here; unknown in a recording and while paused. */
  tickToScreen(): number | undefined {
    const { driver } = this.time;
    if (driver.value.replay || driver.value.paused || this.fleet.frames === 0) return undefined;
    return this.#lag.view((this.fleet.simTime - this.shownTime()) / Math.max(0.01, this.clock.rate));
  }

  /** The recording drives time and fills the world from now on. */
  beginReplay(driver: ReplayTime): void {
    this.#empty();
    this.time.driver.value = driver;
    this.clock.pause(driver.paused);
  }

  /** Back to the live fleet, which comes with the next frame. */
  endReplay(): void {
    this.#empty();
    this.time.driver.value = this.time.live;
    this.clock.pause(this.status.value?.paused ?? false);
  }

  /** The next frame may be of any moment, and be followed by those before it. */
  jump(): void {
    this.fleet.snap = true;
    this.trails.clear();
    this.strips.clear();
  }

  #empty(): void {
    this.clock.restart();
    this.fleet.way = 1;
    this.fleet.clear();
    this.fleet.session = "";
    this.trails.clear();
    this.strips.clear();
    this.history.clear();
    this.targets.by.clear();
  }

  /** A short word at the bottom of the page, and to screen readers. */
  say(text: string): void {
    this.notice.value = text;
    this.announcer.say(text);
    setTimeout(() => {
      if (this.notice.value === text) this.notice.value = "";
    }, 4000);
  }

  #assume(change: Partial<Pick<Status, "paused" | "speed">>): void {
    const s = this.status.value;
    if (!s) return;
    this.status.value = { ...s, ...change };
    this.clock.pause(this.status.value.paused);
    this.watch.status(
      { simulator: s.link.connected, paused: this.status.value.paused, drones: s.drones },
      seconds(),
    );
  }

  #packed(message: ArrayBuffer | Uint8Array): boolean {
    const now = seconds();
    const frame = this.packed.read(message, now);
    if (frame) this.#frame(frame);
    return this.packed.stuck(now);
  }

  /** Packed frames carry no names; REST does, page by page, when a nameless drone was seen. */
  async #nameAll(): Promise<void> {
    if (this.#naming) return;
    this.#naming = true;
    await eachDrone((d) => {
      this.packed.names.set(d.id, { name: d.name, model: d.model });
      this.fleet.rename(d.id, d.name, d.model);
      this.fleet.anchorAt(d);
    });
    this.#naming = false;
  }

  #frame(f: Frame): void {
    const now = seconds();
    const way = this.time.driver.value.speed < 0 ? -1 : 1;
    if (way !== this.fleet.way && this.time.replaying) {
      this.jump();
      this.fleet.way = way;
    }
    // In a recording a frame may come from anywhere; only its own clock tells an order.
    if (this.time.replaying && f.simTime * way < this.fleet.simTime * way - 1e-9) this.jump();
    if (this.fleet.snap) this.clock.restart();
    const continuous = this.clock.frame(f.simTime * this.fleet.way, now);
    if (!continuous || f.session !== this.fleet.session) {
      const way = this.fleet.way;
      this.#empty();
      this.fleet.way = way;
      this.clock.frame(f.simTime * way, now);
    }
    this.fleet.take(f, this.clock.at(now), now);
    this.watch.frame(now);
    this.#lag.frame(f.publishedUs, Date.now());
  }

  #status(s: Status): void {
    this.status.value = s;
    if (!this.time.replaying) this.clock.pause(s.paused);
    this.watch.status({ simulator: s.link.connected, paused: s.paused, drones: s.drones }, seconds());
    this.#judge();
  }

  #event(e: FleetEvent): void {
    this.log.add(e);
    this.history.add(e);
    this.alerts.add(e);
    if (e.severity === "error") this.announcer.say(e.message);
  }

  #beat(): void {
    const now = seconds();
    this.#judge();
    if (this.fleet.revision !== this.#countedAt) {
      this.#countedAt = this.fleet.revision;
      const n = [0, 0, 0, 0];
      for (let s = 0; s < this.fleet.high; s++) if (this.fleet.alive[s]) n[this.fleet.kind[s] ?? KIND.ok]!++;
      this.counts.value = n;
    }
    if (this.selection.revision.value !== this.#detailKey) {
      this.#detailKey = this.selection.revision.value;
      this.socket.detail(this.selection.ids());
    }
    if (this.packed.decoder.ready && this.packed.nameless(this.fleet) && now - this.#namedAt > 10) {
      this.#namedAt = now;
      void this.#nameAll();
    }
    if (now - this.#rosterAt > 1) {
      this.#rosterAt = now;
      this.roster.refresh();
    }
    this.strips.sample(this.fleet, this.fleet.simTime, now);
    this.alerts.settle();
    this.pulse.value++;
  }

  /** What may be believed and done: of a recording everything and nothing. */
  #view(): LinkView {
    const view = this.watch.view(seconds());
    if (!this.time.replaying || view.name === "lost") return view;
    return { ...view, name: "live", age: 0, greyed: false, commands: false };
  }

  #judge(): void {
    const view = this.#view();
    const before = this.link.value;
    document.documentElement.dataset.link = view.name;
    if (view.name !== before.name && !view.connecting) {
      if (view.name === "lost") this.announcer.say("Connection to the server lost");
      else if (view.name === "simulator_gone") this.announcer.say("The simulator is gone");
      else if (view.name === "live" && before.name !== "stale") this.announcer.say("Live");
    }
    this.link.value = view;
  }
}

export function seconds(): number {
  return performance.now() / 1000;
}

const Context = createContext<App | undefined>(undefined);
export const AppProvider = Context.Provider;

export function useApp(): App {
  const app = useContext(Context);
  if (!app) throw new Error("no App above this component");
  return app;
}

declare global {
  interface Window {
    /** Read-only handles for end-to-end tests. */
    __volary?: { readonly positions: (id: string) => { x: number; y: number; z: number } | undefined };
  }
}
