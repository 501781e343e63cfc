// The admin page: who is connected, what flows, what was dropped, how the store
// and the simulator are. It reads the status and the server's own metrics.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { useApp } from "../app";
import { ageText, count, fixed } from "../ui/format";
import "../ui/page.css";
import { readMetrics, type Sample, total } from "./metrics";

const EVERY_MS = 2000;

export function AdminPage(_: Record<string, never>) {
  const app = useApp();
  void app.pulse.value;
  const samples = useSignal<readonly Sample[]>([]);
  const before = useSignal<{ at: number; samples: readonly Sample[] } | undefined>(undefined);
  const rates = useSignal<Readonly<Record<string, number>>>({});
  const problem = useSignal("");
  useEffect(() => {
    const load = async () => {
      try {
        const r = await fetch("/metrics", { signal: AbortSignal.timeout(5000) });
        if (!r.ok) throw new Error(`the server answered ${r.status}`);
        const now = readMetrics(await r.text());
        const at = performance.now() / 1000;
        const old = before.value;
        if (old) {
          const names = new Set(now.map((s) => s.name).filter((n) => n.endsWith("_total")));
          const next: Record<string, number> = {};
          for (const n of names)
            next[n] = ((total(now, n) ?? 0) - (total(old.samples, n) ?? 0)) / Math.max(0.1, at - old.at);
          rates.value = next;
        }
        before.value = { at, samples: now };
        samples.value = now;
        problem.value = "";
      } catch (e) {
        problem.value = e instanceof Error ? e.message : "no answer";
      }
    };
    void load();
    const timer = setInterval(() => void load(), EVERY_MS);
    return () => clearInterval(timer);
  }, [samples, before, rates, problem]);
  const s = app.status.value;
  const m = (name: string) => total(samples.value, name);
  const num = (v: number | undefined, digits = 0) =>
    v === undefined ? "–" : digits ? fixed(v, digits) : count(v);
  const cards: readonly (readonly [string, string, string, string])[] = [
    ["Clients", num(s?.clients), "connected over Socket.IO", ""],
    [
      "Sent",
      `${num(Math.round((rates.value.volary_hub_sent_bytes_total ?? 0) / 1000))} kB/s`,
      `${num((m("volary_hub_sent_bytes_total") ?? 0) / 1e6, 1)} MB so far`,
      "",
    ],
    [
      "Dropped",
      num(m("volary_hub_dropped_messages_total")),
      "state messages replaced because a client was slow",
      (m("volary_hub_dropped_messages_total") ?? 0) > 0 ? "warn" : "",
    ],
    [
      "Latency p50 · p99",
      `${num(s?.latency.p50, 1)} · ${num(s?.latency.p99, 1)} ms`,
      "from the tick to this server",
      "",
    ],
    [
      "Simulator",
      s?.link.connected ? s.link.simulator || "connected" : "gone",
      s ? `heard ${ageText(s.link.ageMs / 1000)} ago` : "",
      s?.link.connected ? "" : "error",
    ],
    ["Real-time factor", num(s?.rtf, 2), s ? `asked for ${s.speed}×` : "", ""],
    ["Store", s?.store.engine || "–", s?.store.state || "", s && s.store.state !== "ok" ? "warn" : ""],
    [
      "Samples stored",
      num(m("volary_telemetry_stored_samples_total")),
      `${num(Math.round(rates.value.volary_telemetry_stored_samples_total ?? 0))} a second · ${num(m("volary_telemetry_pending_samples"))} waiting`,
      "",
    ],
    [
      "Gaps",
      num(m("volary_telemetry_gaps_total")),
      "stretches of history that were lost",
      (m("volary_telemetry_gaps_total") ?? 0) > 0 ? "error" : "",
    ],
    [
      "Memory",
      `${num(Math.round((m("process_resident_memory_bytes") ?? 0) / 1e6))} MB`,
      `${num(m("go_goroutines"))} goroutines`,
      "",
    ],
  ];
  const mine = samples.value.filter((x) => x.name.startsWith("volary_"));
  return (
    <main class="page" tabIndex={0}>
      <header>
        <h1>Admin</h1>
        <p class="muted">The server, as it sees itself. Refreshed every two seconds.</p>
      </header>
      {problem.value && (
        <p class="error" role="alert">
          The metrics could not be read: {problem.value}. What is below is the last that was heard.
        </p>
      )}
      <div class="cards">
        {cards.map(([title, value, note, look]) => (
          <section class="panel card" key={title}>
            <h3>{title}</h3>
            <b class={look}>{value}</b>
            <i>{note}</i>
          </section>
        ))}
      </div>
      <div class="panel scroll">
        <table>
          <caption class="sr">All metrics of this server</caption>
          <thead>
            <tr>
              <th>Metric</th>
              <th>Labels</th>
              <th class="num">Value</th>
            </tr>
          </thead>
          <tbody>
            {mine.map((x) => (
              <tr key={x.name + JSON.stringify(x.labels)}>
                <td>{x.name.replace("volary_", "").replaceAll("_", " ")}</td>
                <td class="muted">
                  {Object.entries(x.labels)
                    .map(([k, v]) => `${k} ${v}`)
                    .join(" · ")}
                </td>
                <td class="num">
                  {Number.isInteger(x.value) ? count(x.value) : Number(x.value.toPrecision(5))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </main>
  );
}
