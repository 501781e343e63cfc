// The attitude instrument: horizon, bank scale, pitch ladder and heading of one
// drone, moved each animation frame from the arrays.
import { useEffect, useRef } from "preact/hooks";
import { seconds, useApp } from "../app";
import { fixed } from "../ui/format";

const PX_PER_DEG = 2;

export function Attitude(p: { id: string }) {
  const app = useApp();
  const world = useRef<SVGGElement>(null);
  const ladder = useRef<SVGGElement>(null);
  const rose = useRef<SVGGElement>(null);
  const bank = useRef<SVGGElement>(null);
  const text = useRef<SVGTextElement>(null);

  useEffect(() => {
    let raf = 0;
    let [roll, pitch, heading, at] = [0, 0, Number.NaN, 0];
    const frame = () => {
      raf = requestAnimationFrame(frame);
      const slot = app.fleet.slotOf(p.id);
      if (slot === undefined) return;
      const now = seconds();
      // Roll and pitch come as samples only; a short low-pass makes them glide.
      const k = Number.isNaN(heading) ? 1 : 1 - Math.exp(-(now - at) / 0.06);
      at = now;
      roll += ((app.fleet.roll[slot] ?? 0) - roll) * k;
      pitch += ((app.fleet.pitch[slot] ?? 0) - pitch) * k;
      heading = app.fleet.headingAt(slot, app.clock.at(now));
      const drop = Math.max(-60, Math.min(60, pitch)) * PX_PER_DEG;
      world.current?.setAttribute("transform", `rotate(${-roll}) translate(0 ${drop})`);
      ladder.current?.setAttribute("transform", `rotate(${-roll}) translate(0 ${drop})`);
      bank.current?.setAttribute("transform", `rotate(${-roll})`);
      rose.current?.setAttribute("transform", `rotate(${-heading})`);
      const shown = `${String(Math.round(((heading % 360) + 360) % 360) % 360).padStart(3, "0")}°`;
      if (text.current && text.current.textContent !== shown) text.current.textContent = shown;
    };
    raf = requestAnimationFrame(frame);
    return () => cancelAnimationFrame(raf);
  }, [app, p.id]);

  return (
    <svg class="attitude" viewBox="-80 -80 160 160" width="160" height="160" role="img" aria-label="Attitude">
      <defs>
        <clipPath id="ball">
          <circle r="56" />
        </clipPath>
      </defs>
      <g clip-path="url(#ball)">
        <g ref={world}>
          <rect class="sky" x="-160" y="-240" width="320" height="240" />
          <rect class="soil" x="-160" y="0" width="320" height="240" />
          <path class="horizon" d="M-160 0H160" />
        </g>
        <g ref={ladder} class="ladder">
          {[-30, -20, -10, 10, 20, 30].map((d) => (
            <g key={d}>
              <path d={`M${d % 20 === 0 ? -18 : -10} ${-d * PX_PER_DEG}H${d % 20 === 0 ? 18 : 10}`} />
              {d % 20 === 0 && (
                <text x="22" y={-d * PX_PER_DEG + 3}>
                  {Math.abs(d)}
                </text>
              )}
            </g>
          ))}
        </g>
      </g>
      <g ref={bank}>
        <path class="pointer" d="M0 -54 L-4 -46 H4Z" />
      </g>
      <g class="ticks">
        {[-60, -45, -30, -20, -10, 0, 10, 20, 30, 45, 60].map((d) => (
          <path key={d} d={d % 30 === 0 ? "M0 -56v-5" : "M0 -56v-3"} transform={`rotate(${d})`} />
        ))}
      </g>
      <path class="wings" d="M-34 0H-14L-9 5M34 0H14L9 5M-1.5 0H1.5" />
      <circle class="rim" r="56" />
      <g ref={rose} class="rose">
        <circle r="70" />
        {Array.from({ length: 24 }, (_, i) => i * 15).map((d) => (
          <path key={d} d={d % 45 === 0 ? "M0 -70v6" : "M0 -70v3"} transform={`rotate(${d})`} />
        ))}
        {(["N", "E", "S", "W"] as const).map((c, i) => (
          <text
            key={c}
            class={c === "N" ? "north" : ""}
            transform={`rotate(${i * 90}) translate(0 -71)`}
            dy="-1"
          >
            {c}
          </text>
        ))}
      </g>
      <path class="lubber" d="M0 -63 L-3.5 -70 H3.500Z" />
      <g class="readout">
        <rect x="-17" y="58" width="34" height="15" rx="4" />
        <text ref={text} y="69">
          {fixed(0, 0)}
        </text>
      </g>
    </svg>
  );
}
