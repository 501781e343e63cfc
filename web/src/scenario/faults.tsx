// Faults put on the selected drones, now or a little later; what is wrong now, to
// be mended.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { clearFault, type FaultRow, getFaults, postFault } from "../api/scenario";
import { useApp } from "../app";
import { SureButton } from "../command/hold-button";
import { clockText, count, modeText } from "../ui/format";
import { Close } from "../ui/icons";
import { Card, NumField, Problem } from "./panel";

interface Param {
  readonly name: string;
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
}

interface Kind {
  readonly type: string;
  readonly title: string;
  readonly params: readonly Param[];
  readonly sensor?: boolean;
}

const kinds: readonly Kind[] = [
  {
    type: "motor_failure",
    title: "Motor failure",
    params: [
      { name: "rotor", label: "Rotor, from 1", value: 1, min: 1, max: 8 },
      { name: "effectiveness", label: "Thrust left", value: 0, min: 0, max: 0.95 },
    ],
  },
  { type: "gps_loss", title: "GPS lost", params: [] },
  {
    type: "battery_drop",
    title: "Battery drop",
    params: [{ name: "to_pct", label: "Down to, %", value: 10, min: 0, max: 100 }],
  },
  { type: "link_loss", title: "Link lost", params: [] },
  { type: "sensor_stuck", title: "Sensor stuck", params: [], sensor: true },
  {
    type: "gust",
    title: "Gust",
    params: [
      { name: "speed_ms", label: "Speed, m/s", value: 8, min: 0, max: 40 },
      { name: "from_deg", label: "From, °", value: 0, min: 0, max: 360 },
    ],
  },
];
const sensors = ["gps", "baro", "gyro", "compass"] as const;
const EVERY_MS = 2000;

export function Faults() {
  const app = useApp();
  void app.selection.revision.value;
  void app.pulse.value;
  const type = useSignal("motor_failure");
  const values = useSignal<Readonly<Record<string, number>>>({});
  const sensor = useSignal<string>("gps");
  const after = useSignal(0);
  const lasting = useSignal(0);
  const problem = useSignal("");
  const kind = kinds.find((k) => k.type === type.value) ?? kinds[0];
  const ids = app.selection.ids();
  const put = async () => {
    const params: Record<string, number | string> = {};
    for (const p of kind?.params ?? []) params[p.name] = values.value[p.name] ?? p.value;
    if (kind?.sensor) params.sensor = sensor.value;
    const a = await postFault({
      drones: ids,
      type: type.value,
      params,
      after_s: after.value,
      ...(lasting.value > 0 && { duration_s: lasting.value }),
    });
    if (!a.ok) {
      problem.value = a.message;
      return;
    }
    const first = a.value.refused[0];
    problem.value = first ? `${a.value.refused.length} did not take it: ${first.drone}, ${first.reason}` : "";
    app.say(`${kind?.title ?? "Fault"} on ${count(a.value.taken)}.`);
  };
  return (
    <Card title="Faults">
      <div class="fields">
        <label class="stacked wide2">
          <span>Fault</span>
          <select
            class="field"
            value={type.value}
            onChange={(e) => {
              type.value = e.currentTarget.value;
            }}
          >
            {kinds.map((k) => (
              <option key={k.type} value={k.type}>
                {k.title}
              </option>
            ))}
          </select>
        </label>
        {kind?.params.map((p) => (
          <NumField
            key={p.name}
            label={p.label}
            value={values.value[p.name] ?? p.value}
            min={p.min}
            max={p.max}
            set={(v) => {
              values.value = { ...values.value, [p.name]: v };
            }}
          />
        ))}
        {kind?.sensor && (
          <label class="stacked">
            <span>Sensor</span>
            <select
              class="field"
              value={sensor.value}
              onChange={(e) => {
                sensor.value = e.currentTarget.value;
              }}
            >
              {sensors.map((s) => (
                <option key={s}>{s}</option>
              ))}
            </select>
          </label>
        )}
        <NumField
          label="After, s"
          value={after.value}
          min={0}
          max={3600}
          set={(v) => {
            after.value = v;
          }}
        />
        <NumField
          label="For, s (0: stays)"
          value={lasting.value}
          min={0}
          max={3600}
          set={(v) => {
            lasting.value = v;
          }}
        />
      </div>
      <SureButton
        tier="hold"
        look="cmd"
        off={ids.length === 0 || !app.link.value.commands}
        act={() => void put()}
        ask={() => void put()}
      >
        <span>Put on the selected</span>
        <b>{count(ids.length)}</b>
      </SureButton>
      {ids.length === 0 && <p class="note">Select the drones it shall hit.</p>}
      <Problem text={problem.value} />
      <Now />
    </Card>
  );
}

function Now() {
  const app = useApp();
  const rows = useSignal<readonly FaultRow[]>([]);
  useEffect(() => {
    let known = true;
    const load = async () => {
      const a = await getFaults();
      // A server that knows no faults is asked once, not every two seconds.
      if (a.ok) rows.value = a.value.filter((f) => f.state === "active" || f.state === "scheduled");
      else known = false;
    };
    void load();
    const timer = setInterval(() => {
      if (known) void load();
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, [rows]);
  if (rows.value.length === 0) return null;
  return (
    <ul class="stored" aria-label="What is wrong now">
      {rows.value.map((f) => (
        <li key={f.id}>
          <i class={`shape ${f.state === "active" ? "k3" : "k2"}`} aria-hidden="true" />
          <span class="grow">
            {modeText(f.type)} <i>{f.drones}</i>
          </span>
          <i>
            {f.state === "active"
              ? f.ends
                ? `until ${clockText(f.ends)}`
                : "stays"
              : `at ${clockText(f.begins)}`}
          </i>
          <button
            type="button"
            class="ghost"
            aria-label={`Mend ${modeText(f.type)} of ${f.drones}`}
            title="Mend"
            onClick={async () => {
              const a = await clearFault(f.id);
              if (!a.ok) app.say(a.message);
              rows.value = rows.value.filter((r) => r.id !== f.id);
            }}
          >
            <Close />
          </button>
        </li>
      ))}
    </ul>
  );
}
