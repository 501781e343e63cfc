// Paint is the world's palette, read from the page's tokens so that a theme is
// defined in one place.

export type Rgb = readonly [number, number, number];

export interface Paint {
  readonly ground: Rgb;
  readonly grid: Rgb;
  readonly gridStrength: number;
  readonly text: Rgb;
  readonly accent: Rgb;
  readonly stale: Rgb;
  readonly replay: Rgb;
  /** By kind: on the ground, ok, warning, error. */
  readonly kinds: Float32Array;
  readonly byKind: readonly Rgb[];
}

export function readPaint(): Paint {
  const style = getComputedStyle(document.documentElement);
  const rgb = (token: string): Rgb => parseHex(style.getPropertyValue(token));
  const byKind = [rgb("--idle"), rgb("--ok"), rgb("--warn"), rgb("--error")];
  return {
    ground: rgb("--world"),
    grid: rgb("--grid"),
    gridStrength: Number(style.getPropertyValue("--grid-strength")) || 1,
    text: rgb("--text"),
    accent: rgb("--accent"),
    stale: rgb("--stale"),
    replay: rgb("--replay"),
    kinds: new Float32Array(byKind.flat()),
    byKind,
  };
}

export function parseHex(hex: string): Rgb {
  const n = Number.parseInt(hex.trim().replace("#", ""), 16);
  return Number.isNaN(n)
    ? [0.5, 0.5, 0.5]
    : [((n >> 16) & 255) / 255, ((n >> 8) & 255) / 255, (n & 255) / 255];
}
