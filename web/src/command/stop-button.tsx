// The emergency stop in the bar: held down it latches, held down again it lets go.
import { useApp } from "../app";
import { t } from "../text";
import { Stop } from "../ui/icons";
import { SureButton } from "./hold-button";

export function StopButton() {
  const app = useApp();
  const latch = app.desk.latch;
  const on = latch.engaged.value;
  return (
    <SureButton
      tier="hold"
      look={on ? "estop engaged" : "estop"}
      off={!on && !app.link.value.commands}
      title={on ? t.stop.releaseHint : t.stop.hint}
      label={on ? t.stop.release : t.stop.title}
      pressed={on}
      act={() => {
        if (on) latch.release();
        else latch.engage();
      }}
      ask={() => {
        if (on) latch.release();
        else latch.engage();
      }}
    >
      <Stop />
      <span>{on ? t.stop.stopped : t.stop.word}</span>
    </SureButton>
  );
}
