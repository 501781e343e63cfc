import { describe, expect, it } from "vitest";
import { matches, parseQuery } from "./query";

const drone = (id: string, over = {}) => ({
  id,
  number: Number(/\d+$/.exec(id)?.[0] ?? Number.NaN),
  name: "Kestrel",
  mode: "mission",
  status: "ok",
  ...over,
});
const found = (q: string, ids: string[]) => ids.filter((id) => matches(parseQuery(q), drone(id)));
const ids = ["d1", "d2", "d9", "d10", "d15", "d20", "d21"];

describe("search", () => {
  it.each([
    ["10-20", ["d10", "d15", "d20"]],
    ["20-10", ["d10", "d15", "d20"]],
    ["10 - 20", ["d10", "d15", "d20"]],
    ["10–20", ["d10", "d15", "d20"]],
    ["1", ["d1"]],
    ["1, 9 21", ["d1", "d9", "d21"]],
    ["1-2,20-30", ["d1", "d2", "d20", "d21"]],
    ["d2", ["d2", "d20", "d21"]],
    ["", ids],
    ["nothing", []],
  ])("%j finds %j", (q, want) => {
    expect(found(q, ids)).toEqual(want);
  });

  it("looks into name, mode and status, whatever the case", () => {
    expect(matches(parseQuery("KESTR"), drone("d1"))).toBe(true);
    expect(matches(parseQuery("miss"), drone("d1"))).toBe(true);
    expect(matches(parseQuery("low_bat"), drone("d1", { status: "low_battery" }))).toBe(true);
    expect(matches(parseQuery("hold"), drone("d1"))).toBe(false);
  });

  it("does not match a range with an id that has no number", () => {
    expect(matches(parseQuery("0-999"), drone("scout"))).toBe(false);
  });
});
