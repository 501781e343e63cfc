// Lag is how old the tick on screen is: the way of its frame from the simulator to
// here, and what the smoothing holds back. The two clocks are compared by pings; of
// several, the quickest told the difference best.

const KEEP = 8;

export class Lag {
  #pings: { rtt: number; ahead: number }[] = [];
  #frame: number | undefined;

  ping(rtt: number, ahead: number | undefined): void {
    if (ahead === undefined) return;
    this.#pings.push({ rtt, ahead });
    if (this.#pings.length > KEEP) this.#pings.shift();
  }

  /** A frame published at `publishedUs` arrived at `wall`, Unix milliseconds here. */
  frame(publishedUs: number | undefined, wall: number): void {
    const best = this.#pings.reduce<{ rtt: number; ahead: number } | undefined>(
      (a, b) => (a && a.rtt <= b.rtt ? a : b),
      undefined,
    );
    if (!publishedUs || !best) this.#frame = undefined;
    // Clocks compared over a wire differ by up to half a round trip: no negative age comes of it.
    else this.#frame = Math.max(0, wall + best.ahead - publishedUs / 1000);
  }

  /** Milliseconds; `heldBack` is by how many seconds the picture is behind the newest frame. */
  view(heldBack: number): number | undefined {
    return this.#frame === undefined ? undefined : this.#frame + Math.max(0, heldBack) * 1000;
  }
}
