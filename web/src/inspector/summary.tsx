// Sums over many drones: modes, spread of a value, and the state of the system.
import { useApp } from "../app";
import { KIND } from "../live/fleet";
import { ageText, count, fixed, modeText } from "../ui/format";
import { Shape } from "../ui/icons";
import { phone } from "../ui/screen";

const BINS = 20;
const kinds = [
  [KIND.error, "Error"],
  [KIND.warning, "Warning"],
  [KIND.ok, "Flying"],
  [KIND.ground, "Ground"],
] as const;

export function FleetSummary() {
  const app = useApp();
  void app.pulse.value;
  const f = app.fleet;
  const s = app.status.value;
  const slots: number[] = [];
  let highest = 0;
  for (let i = 0; i < f.high; i++) {
    if (!f.alive[i]) continue;
    slots.push(i);
    highest = Math.max(highest, f.height[i] ?? 0);
  }
  const top = Math.max(20, Math.ceil(highest / 20) * 20);
  return (
    <>
      <section class="title">
        <h2>{count(f.size)} drones</h2>
        <p class="muted">
          {s?.session.name || "No session"}
          {s?.session.state ? ` · ${s.session.state}` : ""}
        </p>
      </section>
      <section class="kinds">
        {kinds.map(([kind, word]) => (
          <button
            type="button"
            key={kind}
            onClick={() => app.choose.kind(kind)}
            disabled={!app.counts.value[kind]}
          >
            <Shape kind={kind} />
            <b>{count(app.counts.value[kind] ?? 0)}</b>
            <i>{word}</i>
          </button>
        ))}
      </section>
      <ModeBars slots={slots} />
      <Distribution title="Battery" unit="%" slots={slots} values={f.battery} top={100} />
      <Distribution title="Height" unit="m" slots={slots} values={f.height} top={top} />
      {s && (
        <section class="system">
          <h3>System</h3>
          <dl>
            <div>
              <dt>Simulator</dt>
              <dd class={s.link.connected ? "" : "error"}>
                {s.link.connected
                  ? `${s.link.simulator || "connected"} · ${ageText(s.link.ageMs / 1000)}`
                  : "gone"}
              </dd>
            </div>
            <div>
              <dt>Latency p50 · p99</dt>
              <dd>
                {fixed(s.latency.p50, 1)} · {fixed(s.latency.p99, 1)} ms
              </dd>
            </div>
            <div>
              <dt>Store</dt>
              <dd class={s.store.state === "ok" || s.store.state === "" ? "" : "warn"}>
                {s.store.engine || "–"}
                {s.store.state && ` · ${s.store.state}`}
              </dd>
            </div>
            <div>
              <dt>Clients</dt>
              <dd>{count(s.clients)}</dd>
            </div>
            <div>
              <dt>Version</dt>
              <dd>{s.version || "–"}</dd>
            </div>
          </dl>
        </section>
      )}
      {!phone.value && (
        <p class="tip">
          Click a drone, drag with Shift for a box, or type <kbd>10-20</kbd> <kbd>Enter</kbd>. <kbd>?</kbd>{" "}
          lists all keys.
        </p>
      )}
    </>
  );
}

export function ModeBars(p: { slots: readonly number[] }) {
  const app = useApp();
  const f = app.fleet;
  const by = new Map<string, number[]>();
  for (const s of p.slots) {
    const mode = f.mode[s] ?? "";
    const same = by.get(mode);
    if (same) same.push(s);
    else by.set(mode, [s]);
  }
  const rows = [...by].sort((a, b) => b[1].length - a[1].length || a[0].localeCompare(b[0]));
  return (
    <section class="modes">
      <h3>Modes</h3>
      {rows.map(([mode, slots]) => (
        <button
          type="button"
          key={mode}
          title={`Select these ${slots.length}`}
          onClick={() => app.selection.set(slots.map((s) => f.id[s] ?? ""))}
        >
          <span>{modeText(mode)}</span>
          <span class="bar">
            <i style={{ width: `${(slots.length / p.slots.length) * 100}%` }} />
          </span>
          <b>{count(slots.length)}</b>
        </button>
      ))}
    </section>
  );
}

export function Distribution(p: {
  title: string;
  unit: string;
  slots: readonly number[];
  values: Float32Array;
  top: number;
}) {
  const bins = new Array<number>(BINS).fill(0);
  let sum = 0;
  for (const s of p.slots) {
    const v = p.values[s] ?? 0;
    sum += v;
    bins[Math.max(0, Math.min(BINS - 1, Math.floor((v / p.top) * BINS)))]!++;
  }
  const most = Math.max(1, ...bins);
  const low = p.unit === "%" ? 0.3 : -1;
  return (
    <section class="spread">
      <header>
        <h3>{p.title}</h3>
        <span>
          mean {p.slots.length > 0 ? fixed(sum / p.slots.length, p.unit === "%" ? 0 : 1) : "–"} {p.unit}
        </span>
      </header>
      <div class="bins" aria-hidden="true">
        {bins.map((n, i) => (
          <i
            key={i}
            class={i / BINS < low ? "mid" : ""}
            style={{ height: n === 0 ? "1px" : `${8 + (n / most) * 92}%` }}
            data-none={n === 0 ? "" : undefined}
          />
        ))}
      </div>
      <div class="axis">
        <i>0</i>
        <i>
          {p.top} {p.unit}
        </i>
      </div>
    </section>
  );
}
