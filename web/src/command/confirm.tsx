// The dialog before a grave command: what will happen to how many, and the act
// that shows one means it.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { useApp } from "../app";
import { t } from "../text";
import { count } from "../ui/format";
import { titleOf } from "./catalogue";
import { SureButton } from "./hold-button";

export function Confirm() {
  const app = useApp();
  return app.desk.ask.value ? <Question key={app.desk.ask.value.type} /> : null;
}

function Question() {
  const app = useApp();
  const ask = app.desk.ask.value;
  const ref = useRef<HTMLDialogElement>(null);
  const typed = useSignal("");
  useEffect(() => ref.current?.showModal(), []);
  if (!ask) return null;
  const n = ask.ids.length;
  const close = () => {
    app.desk.ask.value = undefined;
  };
  const act = () => {
    close();
    void app.desk.send(ask.type, ask.ids, ask.params);
  };
  const sure = typed.value.trim() === String(n);
  const title = titleOf(ask.type);
  const grave = ask.type === "kill" || ask.type === "remove";
  return (
    <dialog ref={ref} class="dialog confirm" aria-labelledby="confirm-title" onClose={close}>
      <h2 id="confirm-title">{t.confirm.title(title, n)}</h2>
      <p class="muted">{t.confirm.why[ask.type] ?? t.confirm.many}</p>
      {ask.tier === "type" ? (
        <form
          onSubmit={(e) => {
            e.preventDefault();
            if (sure) act();
          }}
        >
          <label class="stacked">
            <span>{t.confirm.typeCount(n)}</span>
            <input
              class="field"
              inputMode="numeric"
              autocomplete="off"
              value={typed.value}
              onInput={(e) => {
                typed.value = e.currentTarget.value;
              }}
            />
          </label>
          <footer>
            <button type="button" onClick={close}>
              {t.ui.cancel}
            </button>
            <button type="submit" class={grave ? "danger" : "main"} disabled={!sure}>
              {t.confirm.act(title, count(n))}
            </button>
          </footer>
        </form>
      ) : (
        <footer>
          <button type="button" onClick={close}>
            {t.ui.cancel}
          </button>
          <SureButton tier="hold" look="main" act={act} ask={act}>
            {t.confirm.act(title, count(n))}
          </SureButton>
        </footer>
      )}
    </dialog>
  );
}
