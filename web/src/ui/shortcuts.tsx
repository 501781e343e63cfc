// The sheet of keyboard shortcuts, made from the list of actions.
import { useEffect, useRef } from "preact/hooks";
import { t } from "../text";
import { type Action, otherKeys } from "./actions";
import { Close } from "./icons";

type Group = keyof typeof t.group;
const order: readonly Group[] = ["time", "view", "select", "command", "more"];

export function Shortcuts(p: { actions: readonly Action[]; onClose: () => void }) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => ref.current?.showModal(), []);
  const rows = (group: Group): [string, string][] => [
    ...p.actions
      .filter((a) => a.group === group && a.keys)
      .map((a): [string, string] => [a.shown ?? a.keys?.[0]?.toUpperCase() ?? "", a.title]),
    ...otherKeys.filter(([g]) => g === group).map(([, key, what]): [string, string] => [key, what]),
  ];
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the click is on the backdrop; the key for it is Escape
    <dialog
      ref={ref}
      class="shortcuts"
      aria-label={t.action.sheet}
      onClose={p.onClose}
      onClick={(e) => {
        if (e.target === ref.current) p.onClose();
      }}
    >
      <header>
        <h2>{t.action.sheet}</h2>
        <button type="button" class="ghost" aria-label={t.ui.close} onClick={p.onClose}>
          <Close />
        </button>
      </header>
      <div class="columns">
        {order.map((group) => (
          <section key={group}>
            <h3>{t.group[group]}</h3>
            <dl>
              {rows(group).map(([key, what]) => (
                <div key={what}>
                  <dt>
                    <kbd>{key}</kbd>
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </dialog>
  );
}
