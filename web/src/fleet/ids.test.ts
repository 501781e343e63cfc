import { describe, expect, it } from "vitest";
import { foldIds, unfoldIds } from "./ids";

describe("ids in links", () => {
  it.each([
    [[], ""],
    [["d1"], "d1"],
    [["d3", "d1", "d2", "d7"], "d1-3,d7"],
    [["d1", "e1", "e2"], "d1,e1-2"],
    [["scout", "d1"], "d1,scout"],
    [["d007", "d008"], "d007,d008"],
    [["d9", "d10", "d11"], "d9-11"],
  ])("%j is %j", (ids, text) => {
    expect(foldIds(ids)).toBe(text);
    expect(unfoldIds(text).sort()).toEqual([...ids].sort());
  });

  it("does not let a link ask for endless ids", () => {
    expect(unfoldIds("d1-99999999")).toHaveLength(10_000);
  });
});
