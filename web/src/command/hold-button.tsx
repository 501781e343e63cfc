// SureButton acts by the tier of its command: at a click, after being held down,
// or by opening the dialog where the count is typed.
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../text";
import { HOLD_MS, type Tier } from "./catalogue";

interface Props {
  readonly tier: Tier;
  readonly off?: boolean;
  readonly look?: string;
  readonly title?: string;
  readonly label?: string;
  readonly pressed?: boolean;
  /** Confirmed: carry it out. */
  readonly act: () => void;
  /** Not confirmable here (typed count, or a click by assistive technology): open the dialog. */
  readonly ask?: () => void;
  readonly children: ComponentChildren;
}

export function SureButton(p: Props) {
  const holding = useSignal(false);
  const brief = useSignal(false);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const pressed = useRef(false);
  const stop = (fired: boolean) => {
    clearTimeout(timer.current);
    timer.current = undefined;
    if (!holding.value) return;
    holding.value = false;
    if (fired) return;
    brief.value = true;
    setTimeout(() => {
      brief.value = false;
    }, 1200);
  };
  const begin = () => {
    if (p.off || p.tier !== "hold" || timer.current !== undefined) return;
    pressed.current = true;
    brief.value = false;
    holding.value = true;
    timer.current = setTimeout(() => {
      stop(true);
      p.act();
    }, HOLD_MS);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <button
      type="button"
      class={`sure ${p.look ?? ""}${holding.value ? " holding" : ""}`}
      disabled={p.off}
      title={p.tier === "hold" ? `${p.title ?? ""}${p.title ? " · " : ""}${t.sure.holdDown}` : p.title}
      aria-label={p.label}
      aria-pressed={p.pressed}
      data-tier={p.tier}
      onPointerDown={(e) => {
        if (e.button === 0) begin();
      }}
      onPointerUp={() => stop(false)}
      onPointerLeave={() => stop(false)}
      onPointerCancel={() => stop(false)}
      onContextMenu={(e) => {
        if (holding.value) e.preventDefault();
      }}
      onKeyDown={(e) => {
        if ((e.key !== "Enter" && e.key !== " ") || p.tier !== "hold") return;
        e.preventDefault();
        e.stopPropagation();
        if (!e.repeat) begin();
      }}
      onKeyUp={(e) => {
        if (e.key === "Enter" || e.key === " ") stop(false);
      }}
      onBlur={() => stop(false)}
      onClick={() => {
        if (p.tier === "none") p.act();
        else if (p.tier === "type") p.ask?.();
        // A click without a press before it comes from assistive technology, which can't hold.
        else if (!pressed.current) p.ask?.();
        pressed.current = false;
      }}
    >
      {brief.value ? <span class="brief">{t.sure.keepHolding}</span> : p.children}
    </button>
  );
}
