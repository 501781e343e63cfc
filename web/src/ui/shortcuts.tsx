// The sheet of keyboard shortcuts.
import { useEffect, useRef } from "preact/hooks";
import { Close } from "./icons";

const groups: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    "Time",
    [
      ["Space", "Pause, resume"],
      [".", "One tick, while paused"],
      ["[ ]", "Slower, faster"],
    ],
  ],
  [
    "View",
    [
      ["2 3", "From above, 3D"],
      ["F", "Follow the selected"],
      ["A", "Fit the selected, or all"],
      ["T", "Trails: selected, all, off"],
      ["+ −", "Zoom"],
      ["← ↑ ↓ →", "Move"],
    ],
  ],
  [
    "Select",
    [
      ["/", "Search"],
      ["10-20 Enter", "Select a range of ids"],
      ["Ctrl A", "All in the list"],
      ["B", "Box select (or Shift drag)"],
      ["Shift click", "Add or remove"],
      ["Esc", "Clear"],
    ],
  ],
  [
    "More",
    [
      ["G", "Go to: then click a place"],
      ["E", "Event log"],
      ["?", "This sheet"],
    ],
  ],
];

export function Shortcuts(p: { onClose: () => void }) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => ref.current?.showModal(), []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the click is on the backdrop; the key for it is Escape
    <dialog
      ref={ref}
      class="shortcuts"
      aria-label="Keyboard shortcuts"
      onClose={p.onClose}
      onClick={(e) => {
        if (e.target === ref.current) p.onClose();
      }}
    >
      <header>
        <h2>Keyboard</h2>
        <button type="button" class="ghost" aria-label="Close" onClick={p.onClose}>
          <Close />
        </button>
      </header>
      <div class="columns">
        {groups.map(([name, keys]) => (
          <section key={name}>
            <h3>{name}</h3>
            <dl>
              {keys.map(([k, what]) => (
                <div key={k}>
                  <dt>
                    {k.includes("Enter") || k.includes("click") ? (
                      <kbd>{k}</kbd>
                    ) : (
                      k.split(" ").map((c) => <kbd key={c}>{c}</kbd>)
                    )}
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
