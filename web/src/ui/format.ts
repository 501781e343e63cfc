// How figures are written.

/** 3725.4 s as 1:02:05.4 */
export function clockText(s: number): string {
  const tenths = Math.floor(Math.max(0, s) * 10);
  const h = Math.floor(tenths / 36_000);
  const m = Math.floor(tenths / 600) % 60;
  const sec = Math.floor(tenths / 10) % 60;
  const pad = (n: number) => String(n).padStart(2, "0");
  return `${h > 0 ? `${h}:${pad(m)}` : pad(m)}:${pad(sec)}.${tenths % 10}`;
}

const grouped = new Intl.NumberFormat("en-US");

export function count(n: number): string {
  return grouped.format(n);
}

export function fixed(v: number, digits: number): string {
  const t = v.toFixed(digits);
  // -0.0 flickers beside 0.0 on a hovering drone.
  return Number(t) === 0 ? (0).toFixed(digits) : t;
}

export function speedText(x: number): string {
  return `${Number.isInteger(x) ? x : Number(x.toPrecision(2))}×`;
}

export function metres(m: number): string {
  return m >= 1000 ? `${Number((m / 1000).toPrecision(3))} km` : `${Number(m.toPrecision(3))} m`;
}

export function ageText(s: number): string {
  if (!Number.isFinite(s)) return "–";
  return s < 1 ? `${Math.round(s * 1000)} ms` : s < 100 ? `${s.toFixed(1)} s` : `${Math.round(s)} s`;
}

/** "takeoff" as Take-off, "mission" as Mission, "some_mode" as Some mode. */
export function modeText(mode: string): string {
  if (mode === "rtl") return "Return";
  if (mode === "goto") return "Go to";
  if (mode === "takeoff") return "Take-off";
  const words = mode.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
