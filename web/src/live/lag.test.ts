import { describe, expect, it } from "vitest";
import { Lag } from "./lag";

describe("Lag", () => {
  it("counts the way of the frame by the server's clock, and what is held back", () => {
    const lag = new Lag();
    lag.ping(40, 5000);
    lag.ping(4, 5002); // the quickest knows best
    lag.ping(90, 4900);
    lag.frame(1_000_000 * 1000, 995_010);
    expect(lag.view(0)).toBeCloseTo(12);
    expect(lag.view(0.06)).toBeCloseTo(72);
  });

  it("knows nothing before a ping, and is never negative", () => {
    const lag = new Lag();
    lag.frame(1000, 1);
    expect(lag.view(0)).toBeUndefined();
    lag.ping(10, 0);
    lag.frame(5000, 1);
    expect(lag.view(0)).toBe(0);
    lag.frame(undefined, 1);
    expect(lag.view(0)).toBeUndefined();
  });
});
