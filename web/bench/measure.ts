// Measures a contestant: frames a second, and how long the main thread works for
// each. Everyone gets the same fleet at the same rate.

export interface Contestant {
  /** A new picture of the fleet at time t came. */
  update(t: number): void;
  /** Draws one frame; absent when the library draws on its own. */
  frame?(): void;
  /** Pictures drawn since the last question, for a library that draws on its own. */
  drawn?(): number;
}

export interface Result {
  readonly frames: number;
  readonly fps: number;
  /** Milliseconds the main thread worked a frame: taking samples over and drawing. */
  readonly script_ms: number;
  readonly p99_ms: number;
  readonly updates: number;
}

export function measure(c: Contestant, hz: number, seconds: number): Promise<Result> {
  return new Promise((done) => {
    const began = performance.now();
    const warm = began + 1500;
    const until = warm + seconds * 1000;
    let nextUpdate = began;
    let [frames, worked, updates] = [0, 0, 0];
    const each: number[] = [];
    const look = () => {
      const t0 = performance.now();
      let update = false;
      if (t0 >= nextUpdate) {
        nextUpdate = Math.max(nextUpdate + 1000 / hz, t0 - 1000 / hz);
        c.update((t0 - began) / 1000);
        update = true;
      }
      c.frame?.();
      const spent = performance.now() - t0;
      if (t0 >= warm) {
        (window as unknown as { warm: boolean }).warm = true;
        frames += c.drawn ? c.drawn() : 1;
        worked += spent;
        each.push(spent);
        if (update) updates++;
      }
      if (t0 < until) requestAnimationFrame(look);
      else {
        each.sort((a, b) => a - b);
        const s = (t0 - warm) / 1000;
        done({
          frames,
          fps: frames / s,
          script_ms: worked / Math.max(1, each.length),
          p99_ms: each[Math.floor(each.length * 0.99)] ?? 0,
          updates: updates / s,
        });
      }
    };
    requestAnimationFrame(look);
  });
}
