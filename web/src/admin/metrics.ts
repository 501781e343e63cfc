// Reads the Prometheus text format as far as the admin page needs it: plain
// samples, their labels, no types.

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export function readMetrics(text: string): Sample[] {
  const out: Sample[] = [];
  for (const line of text.split("\n")) {
    const m = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/.exec(line);
    if (!m?.[1]) continue;
    const value = m[3] === "+Inf" ? Infinity : m[3] === "-Inf" ? -Infinity : Number(m[3]);
    if (Number.isNaN(value)) continue;
    const labels: Record<string, string> = {};
    for (const l of (m[2] ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) labels[l[1] ?? ""] = l[2] ?? "";
    out.push({ name: m[1], labels, value });
  }
  return out;
}

/** Sum of all samples of a name; undefined when there is none. */
export function total(samples: readonly Sample[], name: string): number | undefined {
  const mine = samples.filter((s) => s.name === name);
  return mine.length === 0 ? undefined : mine.reduce((sum, s) => sum + s.value, 0);
}
