// PickGrid answers "which drone is here" on screen. Projected positions go into
// square cells; a question looks at a few of them. No pixel is read back from
// the graphics card, which would stall it.

const CELL = 32;

export class PickGrid {
  #cols = 1;
  #rows = 1;
  #start = new Int32Array(2);
  #items = new Int32Array(0);
  #cell = new Int32Array(0);
  #n = 0;
  #x = new Float32Array(0);
  #y = new Float32Array(0);
  #slot = new Int32Array(0);

  /** Starts a new picture of `width` x `height` pixels with at most `capacity` drones. */
  begin(width: number, height: number, capacity: number): void {
    this.#cols = Math.max(1, Math.ceil(width / CELL));
    this.#rows = Math.max(1, Math.ceil(height / CELL));
    this.#n = 0;
    if (this.#x.length < capacity) {
      this.#x = new Float32Array(capacity);
      this.#y = new Float32Array(capacity);
      this.#slot = new Int32Array(capacity);
      this.#cell = new Int32Array(capacity);
      this.#items = new Int32Array(capacity);
    }
  }

  /** Adds a drone at a pixel; outside of the picture it is left out. */
  add(slot: number, x: number, y: number): void {
    const c = Math.floor(x / CELL);
    const r = Math.floor(y / CELL);
    if (c < 0 || r < 0 || c >= this.#cols || r >= this.#rows) return;
    const i = this.#n++;
    this.#x[i] = x;
    this.#y[i] = y;
    this.#slot[i] = slot;
    this.#cell[i] = r * this.#cols + c;
  }

  /** Sorts what was added into the cells; ask only after this. */
  finish(): void {
    const cells = this.#cols * this.#rows;
    if (this.#start.length < cells + 1) this.#start = new Int32Array(cells + 1);
    const start = this.#start.fill(0, 0, cells + 1);
    for (let i = 0; i < this.#n; i++) start[(this.#cell[i] ?? 0) + 1]!++;
    for (let c = 0; c < cells; c++) start[c + 1]! += start[c]!;
    // Filling backwards leaves each start where it belongs.
    const end = start.slice(1, cells + 1);
    for (let i = this.#n - 1; i >= 0; i--) this.#items[--end[this.#cell[i] ?? 0]!] = i;
  }

  /** The nearest drone within `radius` pixels, or -1. */
  nearest(x: number, y: number, radius: number): number {
    let best = radius * radius;
    let slot = -1;
    this.#each(x - radius, y - radius, x + radius, y + radius, (i) => {
      const d = (this.#x[i]! - x) ** 2 + (this.#y[i]! - y) ** 2;
      if (d <= best) {
        best = d;
        slot = this.#slot[i]!;
      }
    });
    return slot;
  }

  /** All drones within a rectangle, given by any two opposite corners. */
  within(x0: number, y0: number, x1: number, y1: number): number[] {
    const [l, r] = x0 < x1 ? [x0, x1] : [x1, x0];
    const [t, b] = y0 < y1 ? [y0, y1] : [y1, y0];
    const found: number[] = [];
    this.#each(l, t, r, b, (i) => {
      const x = this.#x[i]!;
      const y = this.#y[i]!;
      if (x >= l && x <= r && y >= t && y <= b) found.push(this.#slot[i]!);
    });
    return found;
  }

  #each(l: number, t: number, r: number, b: number, visit: (i: number) => void): void {
    const c0 = Math.max(0, Math.floor(l / CELL));
    const c1 = Math.min(this.#cols - 1, Math.floor(r / CELL));
    const r0 = Math.max(0, Math.floor(t / CELL));
    const r1 = Math.min(this.#rows - 1, Math.floor(b / CELL));
    for (let row = r0; row <= r1; row++) {
      for (let col = c0; col <= c1; col++) {
        const cell = row * this.#cols + col;
        for (let k = this.#start[cell]!; k < this.#start[cell + 1]!; k++) visit(this.#items[k]!);
      }
    }
  }
}
