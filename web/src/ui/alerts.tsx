// The alerts: what went wrong, to how many, when last; acknowledge, or go there.
import { useApp } from "../app";
import { clockText, count } from "./format";
import { Check } from "./icons";
import { go } from "./router";

export function AlertList() {
  const app = useApp();
  const list = app.alerts.list.value;
  return (
    <>
      <div class="drawerhead">
        <span class="muted">
          {app.alerts.open.value > 0 ? `${count(app.alerts.open.value)} open` : "All acknowledged"}
        </span>
        <button
          type="button"
          class="small"
          disabled={app.alerts.open.value === 0}
          onClick={() => app.alerts.acknowledge()}
        >
          Acknowledge all
        </button>
      </div>
      <div class="loglines">
        {list.length === 0 && <p class="empty">No warnings and no errors so far.</p>}
        {list.map((a) => (
          <div key={a.key} class={`alertline ${a.severity}${a.acknowledged ? " seen" : ""}`}>
            <time>{clockText(a.lastSim)}</time>
            <i class={`shape ${a.severity === "error" ? "k3" : "k2"}`} aria-hidden="true" />
            <button
              type="button"
              class="link who"
              disabled={a.drones.length === 0}
              title="Select these and bring them into view"
              onClick={() => {
                app.selection.set(a.drones);
                go("/");
                app.world?.fit();
              }}
            >
              {a.drones.length > 1 ? `${count(a.drones.length)} drones` : (a.drones[0] ?? "–")}
            </button>
            <span class="what">{a.text}</span>
            {a.count > 1 && <span class="times">×{count(a.count)}</span>}
            <button
              type="button"
              class="ghost"
              aria-label={a.acknowledged ? "Acknowledged" : "Acknowledge"}
              title={a.acknowledged ? "Acknowledged" : "Acknowledge"}
              disabled={a.acknowledged}
              onClick={() => app.alerts.acknowledge(a.key)}
            >
              <Check />
            </button>
          </div>
        ))}
      </div>
    </>
  );
}
