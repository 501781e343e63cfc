// The page of sessions: every run there was, newest first as the server lists them.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { getSessions } from "../api/rest";
import { clockText, count } from "../ui/format";
import { follow } from "../ui/router";
import type { SessionRow } from "../wire/messages";
import "../ui/page.css";

export function SessionsPage() {
  const rows = useSignal<readonly SessionRow[]>([]);
  const next = useSignal("");
  const state = useSignal<"loading" | "ready" | "failed">("loading");
  const problem = useSignal("");
  const load = async (cursor: string) => {
    const answer = await getSessions(cursor);
    if (!answer.ok) {
      problem.value = answer.message;
      state.value = "failed";
      return;
    }
    rows.value = cursor === "" ? answer.value.rows : [...rows.value, ...answer.value.rows];
    next.value = answer.value.next;
    state.value = "ready";
  };
  useEffect(() => void load(""), []);
  return (
    <main class="page">
      <header>
        <h1>Sessions</h1>
        <p class="muted">
          Each run of the simulation. Open one to see it again, backwards or from any moment, and to go on
          from there.
        </p>
      </header>
      {state.value === "failed" && (
        <div class="panel empty" role="alert">
          <b>The sessions could not be read</b>
          <span>{problem.value}.</span>
          <button type="button" class="small" onClick={() => void load("")}>
            Try again
          </button>
        </div>
      )}
      {state.value === "ready" && rows.value.length === 0 && (
        <div class="panel empty">
          <b>No sessions yet</b>
          <span>The first run appears here as soon as it starts.</span>
        </div>
      )}
      {rows.value.length > 0 && (
        <div class="panel scroll">
          <table>
            <thead>
              <tr>
                <th>Session</th>
                <th>State</th>
                <th>Started</th>
                <th>Ended</th>
                <th class="num">Drones</th>
                <th class="num">Simulated</th>
                <th class="num">Last tick</th>
                <th class="num">Gaps</th>
                <th>Export</th>
              </tr>
            </thead>
            <tbody>
              {rows.value.map((s) => (
                <tr key={s.id}>
                  <td>
                    <a
                      href={`/replay/${s.id}`}
                      onClick={(e) => follow(e, `/replay/${encodeURIComponent(s.id)}`)}
                    >
                      <b>{s.name || s.id}</b>
                    </a>
                    {s.name && <i>{s.id}</i>}
                  </td>
                  <td>
                    <span
                      class={
                        s.state === "running" ? "pill ok" : s.state === "failed" ? "pill k3" : "pill plain"
                      }
                    >
                      {s.state || "–"}
                    </span>
                  </td>
                  <td>{when(s.startedAt)}</td>
                  <td>{when(s.endedAt)}</td>
                  <td class="num">{count(s.drones)}</td>
                  <td class="num">{clockText(s.simTime)}</td>
                  <td class="num">{count(s.lastTick)}</td>
                  <td class={s.gaps > 0 ? "num warn" : "num muted"}>{count(s.gaps)}</td>
                  <td class="exports">
                    {(["csv", "ndjson", "parquet", "mcap"] as const).map((f) => (
                      <a key={f} href={`/api/v1/sessions/${s.id}/export?format=${f}`} download>
                        {f}
                      </a>
                    ))}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {next.value !== "" && (
        <button type="button" class="small" onClick={() => void load(next.value)}>
          Show more
        </button>
      )}
    </main>
  );
}

function when(iso: string): string {
  const d = new Date(iso);
  return Number.isNaN(d.getTime())
    ? "–"
    : d.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}
