// Faults put on the selected drones, now or a little later.
import { useSignal } from "@preact/signals";
import { postFault } from "../api/scenario";
import { useApp } from "../app";
import { SureButton } from "../command/hold-button";
import { count } from "../ui/format";
import { Card, NumField, Problem } from "./panel";

interface Kind {
  readonly type: string;
  readonly title: string;
  readonly param?: {
    readonly name: string;
    readonly label: string;
    readonly value: number;
    readonly max: number;
  };
}

const kinds: readonly Kind[] = [
  {
    type: "motor_failure",
    title: "Motor failure",
    param: { name: "motor", label: "Motor, from 0", value: 0, max: 7 },
  },
  { type: "gps_loss", title: "GPS lost" },
  {
    type: "battery_drop",
    title: "Battery drop",
    param: { name: "battery_pct", label: "Down to, %", value: 20, max: 100 },
  },
  { type: "link_loss", title: "Link lost" },
];

export function Faults() {
  const app = useApp();
  void app.selection.revision.value;
  void app.pulse.value;
  const type = useSignal(kinds[0]?.type ?? "");
  const kind = kinds.find((k) => k.type === type.value);
  const value = useSignal(0);
  const after = useSignal(0);
  const lasting = useSignal(0);
  const problem = useSignal("");
  const ids = app.selection.ids();
  const put = async () => {
    const answer = await postFault({
      drones: ids,
      type: type.value,
      params: kind?.param ? { [kind.param.name]: value.value } : {},
      after_s: after.value,
      ...(lasting.value > 0 && { duration_s: lasting.value }),
    });
    problem.value = answer.ok ? "" : answer.message;
    if (answer.ok) app.say(`${kind?.title ?? "Fault"} on ${count(ids.length)}.`);
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
              value.value = kinds.find((k) => k.type === type.value)?.param?.value ?? 0;
            }}
          >
            {kinds.map((k) => (
              <option key={k.type} value={k.type}>
                {k.title}
              </option>
            ))}
          </select>
        </label>
        {kind?.param ? (
          <NumField
            label={kind.param.label}
            value={value.value}
            min={0}
            max={kind.param.max}
            set={(v) => {
              value.value = v;
            }}
          />
        ) : (
          <span />
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
    </Card>
  );
}
