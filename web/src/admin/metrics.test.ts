import { describe, expect, it } from "vitest";
import { readMetrics, total } from "./metrics";

const text = `# HELP volary_clients Connected.
# TYPE volary_clients gauge
volary_clients 3
volary_drops_total{stream="drones",reason="slow \\"one\\""} 4
volary_drops_total{stream="events"} 1
volary_big 2.7909063e+07
volary_odd NaN
volary_inf +Inf
{broken
`;

describe("metrics", () => {
  it("reads samples with and without labels, and passes over the rest", () => {
    const all = readMetrics(text);
    expect(all.map((s) => s.name)).toEqual([
      "volary_clients",
      "volary_drops_total",
      "volary_drops_total",
      "volary_big",
      "volary_inf",
    ]);
    expect(all[1]?.labels.stream).toBe("drones");
    expect(total(all, "volary_drops_total")).toBe(5);
    expect(total(all, "volary_big")).toBe(27_909_063);
    expect(total(all, "nothing")).toBeUndefined();
  });
});
