// Popover is a button with a panel that closes at a click elsewhere or Escape.
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Chevron } from "./icons";

export function Popover(p: {
  label: string;
  title?: string;
  icon?: ComponentChildren;
  look?: string;
  off?: boolean;
  /** Opens upwards. */
  up?: boolean;
  /** The button shows its icon alone. */
  bare?: boolean;
  children: (close: () => void) => ComponentChildren;
}) {
  const open = useSignal(false);
  const host = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const away = (e: Event) => {
      if (e.target instanceof Node && host.current?.contains(e.target)) return;
      open.value = false;
    };
    const onEscape = (e: KeyboardEvent) => {
      if (e.key !== "Escape" || !open.value) return;
      e.preventDefault();
      open.value = false;
      button.current?.focus();
    };
    const el = host.current;
    window.addEventListener("pointerdown", away);
    el?.addEventListener("keydown", onEscape);
    return () => {
      window.removeEventListener("pointerdown", away);
      el?.removeEventListener("keydown", onEscape);
    };
  }, [open]);
  const close = () => {
    open.value = false;
  };
  return (
    <div class={`menu-host ${p.look ?? ""}`} ref={host}>
      <button
        ref={button}
        type="button"
        disabled={p.off}
        title={p.title}
        aria-label={p.bare ? p.label : undefined}
        aria-haspopup="true"
        aria-expanded={open.value}
        onClick={() => {
          open.value = !open.value;
        }}
      >
        {p.icon}
        {!p.bare && (
          <>
            <span>{p.label}</span>
            <Chevron />
          </>
        )}
      </button>
      {open.value && !p.off && <div class={`popover${p.up ? " up" : ""}`}>{p.children(close)}</div>}
    </div>
  );
}
