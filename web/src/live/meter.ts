// Meter counts happenings over the last two seconds: frames drawn, bytes heard.

const SPAN_S = 2;

export class Meter {
  #at: number[] = [];
  #amount: number[] = [];
  #since: number | undefined;

  add(amount: number, now: number): void {
    this.#since ??= now;
    this.#at.push(now);
    this.#amount.push(amount);
    this.#forget(now);
  }

  /** Amount per second. */
  rate(now: number): number {
    this.#forget(now);
    if (this.#since === undefined) return 0;
    let sum = 0;
    for (const a of this.#amount) sum += a;
    return sum / Math.max(0.5, Math.min(SPAN_S, now - this.#since));
  }

  #forget(now: number): void {
    let n = 0;
    while (n < this.#at.length && now - (this.#at[n] ?? 0) > SPAN_S) n++;
    if (n > 0) {
      this.#at.splice(0, n);
      this.#amount.splice(0, n);
    }
  }
}
