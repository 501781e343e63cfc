// The commands to the selected drones, and what became of the last one.
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useApp } from "../app";
import { count } from "../ui/format";
import { Close, Down, GoTo, Hold, Home, Up } from "../ui/icons";
import { view } from "../world/view";
import type { CommandType } from "./command";

const NAMED = 6;

export function Commands() {
  const app = useApp();
  const altitude = useSignal("20");
  void app.selection.revision.value;
  void app.pulse.value;
  const ids = app.selection.ids();
  // Taking off is the thing to do only while one of them is on the ground.
  const grounded = app.selection.slots(app.fleet).some((s) => !app.fleet.armed[s]);
  const off = !app.link.value.commands || ids.length === 0;
  const height = Number(altitude.value);
  const badHeight = !(height >= 1 && height <= 500);
  const send = (type: CommandType, params?: Readonly<Record<string, number>>) => () =>
    void app.desk.send(type, ids, params);
  return (
    <section class="commands" aria-label="Commands">
      <div class="takeoff">
        <Button
          off={off || badHeight}
          icon={<Up />}
          word="Take off"
          n={ids.length}
          act={send("takeoff", { altitude_m: height })}
          wide
          main={grounded}
        />
        <label class={badHeight ? "unit bad" : "unit"}>
          <input
            type="number"
            inputMode="decimal"
            min="1"
            max="500"
            step="1"
            aria-label="Take-off altitude in metres"
            value={altitude.value}
            onInput={(e) => {
              altitude.value = e.currentTarget.value;
            }}
          />
          <span>m</span>
        </label>
      </div>
      <div class="four">
        <Button off={off} icon={<Hold />} word="Hold" n={ids.length} act={send("hold")} />
        <Button
          off={off}
          icon={<GoTo />}
          word="Go to"
          n={ids.length}
          pressed={view.tool.value === "goto"}
          act={() => {
            view.tool.value = view.tool.value === "goto" ? "select" : "goto";
          }}
        />
        <Button off={off} icon={<Home />} word="Return" n={ids.length} act={send("rtl")} />
        <Button off={off} icon={<Down />} word="Land" n={ids.length} act={send("land")} />
      </div>
      <Result />
    </section>
  );
}

/** The phone's commands: only what makes a situation safer. */
export function SafeCommands() {
  const app = useApp();
  void app.selection.revision.value;
  const ids = app.selection.ids();
  if (ids.length === 0) return null;
  const off = !app.link.value.commands;
  const send = (type: CommandType) => () => void app.desk.send(type, ids);
  return (
    <section class="commands safe" aria-label="Commands">
      <div class="four">
        <Button off={off} icon={<Hold />} word="Hold" n={ids.length} act={send("hold")} />
        <Button off={off} icon={<Home />} word="Return" n={ids.length} act={send("rtl")} />
        <Button off={off} icon={<Down />} word="Land" n={ids.length} act={send("land")} />
      </div>
      <Result />
    </section>
  );
}

function Button(p: {
  off: boolean;
  icon: ComponentChildren;
  word: string;
  n: number;
  act: () => void;
  main?: boolean;
  wide?: boolean;
  pressed?: boolean;
}) {
  return (
    <button
      type="button"
      class={`cmd${p.main ? " main" : ""}${p.wide ? " wide" : ""}`}
      disabled={p.off}
      aria-pressed={p.pressed}
      onClick={p.act}
    >
      {p.icon}
      <span>{p.word}</span>
      {p.n > 1 && <b>{count(p.n)}</b>}
    </button>
  );
}

function Result() {
  const app = useApp();
  const o = app.desk.outcome.value;
  if (!o) return null;
  const refused = o.refused.reduce((n, r) => n + r.drones.length, 0);
  const failed = o.refused.flatMap((r) => r.drones);
  return (
    <div class="result" role="status" data-testid="result">
      <header>
        <b>{o.title}</b>
        <span>
          {o.pending && (
            <span class="muted">
              {count(o.accepted + refused)} of {count(o.asked)}…{" "}
            </span>
          )}
          {!o.pending && (o.accepted > 0 || refused > 0) && (
            <span class={o.accepted > 0 ? "ok" : "muted"}>{count(o.accepted)} ok</span>
          )}
          {refused > 0 && <span class="error"> · {count(refused)} rejected</span>}
        </span>
        <button type="button" class="ghost" aria-label="Dismiss" onClick={() => app.desk.dismiss()}>
          <Close />
        </button>
      </header>
      {o.refused.length > 0 && (
        <ul>
          {o.refused.slice(0, 5).map((r) => (
            <li key={r.reason}>
              <span>{r.reason}</span>
              {r.drones.length > 0 && (
                <i>
                  {r.drones.slice(0, NAMED).join(", ")}
                  {r.drones.length > NAMED && ` +${r.drones.length - NAMED}`}
                </i>
              )}
            </li>
          ))}
        </ul>
      )}
      {failed.length > 0 && !o.pending && (
        <button type="button" class="small" onClick={() => app.selection.set(failed)}>
          Select failed
        </button>
      )}
    </div>
  );
}
