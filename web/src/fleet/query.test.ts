import { describe, expect, it } from "vitest";
import { matches, parseQuery, type Searched } from "./query";

const ids = ["d1", "d2", "d9", "d10", "d15", "d20", "d21"];

function fleet(over: Partial<Record<keyof Searched, unknown>> = {}, names = ids): Searched {
  return {
    number: Float64Array.from(names, (id) => Number(/\d+$/.exec(id)?.[0] ?? Number.NaN)),
    search: names.map((id) => `${id}\nkestrel\nx500`),
    mode: names.map(() => "mission"),
    status: names.map(() => "ok"),
    battery: Float32Array.from(names, (_, i) => i * 10),
    height: Float32Array.from(names, () => 20),
    speed: Float32Array.from(names, () => 5),
    voltage: Float32Array.from(names, () => 15),
    vz: Float32Array.from(names, () => -1),
    ...over,
  } as Searched;
}
const found = (q: string, f = fleet()) => ids.filter((_, i) => matches(parseQuery(q), f, i));

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
    ["battery<30", ["d1", "d2", "d9"]],
    ["battery < 30", ["d1", "d2", "d9"]],
    ["battery>40%", ["d20", "d21"]],
    ["1-10 battery<15", ["d1", "d2"]],
    ["climb<0", ids],
    ["height>20", []],
  ])("%j finds %j", (q, want) => {
    expect(found(q)).toEqual(want);
  });

  it("looks into name, model, mode and status, whatever the case", () => {
    expect(found("KESTR")).toEqual(ids);
    expect(found("X500")).toEqual(ids);
    expect(found("miss")).toEqual(ids);
    expect(found("low_bat", fleet({ status: ids.map(() => "low_battery") }))).toEqual(ids);
    expect(found("hold")).toEqual([]);
  });

  it("does not match a range with an id that has no number", () => {
    expect(matches(parseQuery("0-999"), fleet({}, ["scout"]), 0)).toBe(false);
  });
});
