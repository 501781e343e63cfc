// The parts of a plan as a list; the chosen one with its figures to edit.
import { fixed, metres } from "../ui/format";
import { Trash } from "../ui/icons";
import { areaOf, pointsOf } from "./geometry";
import type { Fence, Leg, Plan } from "./model";
import type { Part, Planner } from "./planner";

const words = { waypoint: "Waypoint", survey: "Survey", orbit: "Orbit" } as const;

export function Parts(p: { planner: Planner }) {
  const { planner } = p;
  const plan = planner.plan.value;
  const chosen = planner.chosen.value;
  const is = (of: Part["of"], index: number) => chosen?.of === of && chosen.index === index;
  if (plan.legs.length === 0 && plan.fences.length === 0) return null;
  return (
    <section class="parts" aria-label="Parts of the plan">
      <Basics planner={planner} plan={plan} />
      {plan.legs.map((leg, i) => (
        <div key={i} class={is("leg", i) ? "part chosen" : "part"}>
          <button
            type="button"
            class="partname"
            aria-expanded={is("leg", i)}
            onClick={() => {
              planner.chosen.value = is("leg", i) ? undefined : { of: "leg", index: i };
            }}
          >
            <kbd>{i + 1}</kbd> {words[leg.kind]} <i>{about(leg)}</i>
          </button>
          {is("leg", i) && <LegFields planner={planner} leg={leg} index={i} last={plan.legs.length - 1} />}
        </div>
      ))}
      {plan.fences.map((fence, i) => (
        <div key={`f${i}`} class={is("fence", i) ? "part chosen" : "part"}>
          <button
            type="button"
            class="partname"
            aria-expanded={is("fence", i)}
            onClick={() => {
              planner.chosen.value = is("fence", i) ? undefined : { of: "fence", index: i };
            }}
          >
            <i class={`shape ${fence.keep === "in" ? "k1" : "k3"}`} aria-hidden="true" /> Keep {fence.keep}{" "}
            <i>{fixed(areaOf(fence.area) / 10_000, 2)} ha</i>
          </button>
          {is("fence", i) && <FenceFields planner={planner} fence={fence} index={i} />}
        </div>
      ))}
    </section>
  );
}

function about(leg: Leg): string {
  if (leg.kind === "waypoint") return `${fixed(leg.alt, 0)} m`;
  if (leg.kind === "orbit") return `${metres(leg.radius)} · ${leg.turns}×`;
  return `${fixed(areaOf(leg.area) / 10_000, 2)} ha · ${pointsOf(leg).length / 2} lines`;
}

function Basics(p: { planner: Planner; plan: Plan }) {
  const { planner, plan } = p;
  return (
    <div class="fields">
      <Num
        label="Speed, m/s"
        value={plan.speed}
        min={0.5}
        max={50}
        set={(speed) => planner.change({ ...plan, speed }, "speed")}
      />
      <Num
        label="Take-off, m"
        value={plan.takeoff}
        min={1}
        max={500}
        set={(takeoff) => planner.change({ ...plan, takeoff }, "takeoff")}
      />
      <label class="stacked">
        <span>At the end</span>
        <select
          class="field"
          value={plan.end}
          onChange={(e) => planner.change({ ...plan, end: e.currentTarget.value as Plan["end"] })}
        >
          <option value="rtl">Return</option>
          <option value="land">Land</option>
          <option value="hold">Hold</option>
        </select>
      </label>
    </div>
  );
}

function LegFields(p: { planner: Planner; leg: Leg; index: number; last: number }) {
  const { planner, leg, index } = p;
  const set = (change: Partial<Leg>, field: string) => {
    planner.setLeg(index, { ...leg, ...change } as Leg, `${field} ${index}`);
    if (field in planner.defaults) Object.assign(planner.defaults, change);
  };
  return (
    <div class="partfields">
      <div class="fields">
        <Num label="Height, m" value={leg.alt} min={1} max={5000} set={(alt) => set({ alt }, "alt")} />
        {leg.kind === "waypoint" && (
          <Num label="Stay, s" value={leg.hold} min={0} max={3600} set={(hold) => set({ hold }, "hold")} />
        )}
        {leg.kind === "survey" && (
          <>
            <Num
              label="Spacing, m"
              value={leg.spacing}
              min={1}
              max={500}
              set={(spacing) => set({ spacing }, "spacing")}
            />
            <Num
              label="Direction, °"
              value={leg.angle}
              min={0}
              max={359}
              set={(angle) => set({ angle }, "angle")}
            />
          </>
        )}
        {leg.kind === "orbit" && (
          <>
            <Num
              label="Radius, m"
              value={leg.radius}
              min={3}
              max={2000}
              set={(radius) => set({ radius }, "radius")}
            />
            <Num
              label="Turns"
              value={leg.turns}
              min={0.25}
              max={50}
              set={(turns) => set({ turns }, "turns")}
            />
          </>
        )}
      </div>
      <div class="pair">
        <button type="button" class="small" disabled={index === 0} onClick={() => planner.moveLeg(index, -1)}>
          Earlier
        </button>
        <button
          type="button"
          class="small"
          disabled={index === p.last}
          onClick={() => planner.moveLeg(index, 1)}
        >
          Later
        </button>
        <span class="grow" />
        <button
          type="button"
          class="ghost"
          aria-label="Remove"
          title="Remove (Del)"
          onClick={() => planner.removeChosen()}
        >
          <Trash />
        </button>
      </div>
    </div>
  );
}

function FenceFields(p: { planner: Planner; fence: Fence; index: number }) {
  const { planner, fence, index } = p;
  return (
    <div class="partfields">
      <div class="fields">
        <Num
          label="Top, m"
          value={fence.top}
          min={1}
          max={5000}
          set={(top) => planner.setFence(index, { ...fence, top }, `top ${index}`)}
        />
        <label class="stacked">
          <span>Drones</span>
          <select
            class="field"
            value={fence.keep}
            onChange={(e) =>
              planner.setFence(index, { ...fence, keep: e.currentTarget.value as Fence["keep"] })
            }
          >
            <option value="in">stay inside</option>
            <option value="out">stay outside</option>
          </select>
        </label>
        <button
          type="button"
          class="ghost"
          aria-label="Remove"
          title="Remove (Del)"
          onClick={() => planner.removeChosen()}
        >
          <Trash />
        </button>
      </div>
    </div>
  );
}

/** A number that takes effect as it is typed, once it is one and in range. */
function Num(p: { label: string; value: number; min: number; max: number; set: (v: number) => void }) {
  return (
    <label class="stacked">
      <span>{p.label}</span>
      <input
        class="field"
        type="number"
        min={p.min}
        max={p.max}
        step="any"
        value={p.value}
        onInput={(e) => {
          const v = e.currentTarget.valueAsNumber;
          const good = v >= p.min && v <= p.max;
          e.currentTarget.setAttribute("aria-invalid", String(!good));
          if (good) p.set(v);
        }}
      />
    </label>
  );
}
