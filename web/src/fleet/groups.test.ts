import { describe, expect, it } from "vitest";
import { Groups } from "./groups";

function memory(text?: string) {
  const kept = new Map<string, string>(text === undefined ? [] : [["volary.groups", text]]);
  return { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => kept.set(k, v) };
}

describe("Groups", () => {
  it("numbers what it keeps and remembers it", () => {
    const m = memory();
    const g = new Groups(m);
    expect(g.save("north", ["d1", "d2"])).toBe(1);
    expect(g.save("south", ["d3"])).toBe(2);
    expect(new Groups(m).list.value.map((x) => x.name)).toEqual(["north", "south"]);
  });

  it("replaces a group of the same name", () => {
    const g = new Groups(memory());
    g.save("north", ["d1"]);
    expect(g.save("north", ["d9"])).toBe(1);
    expect(g.list.value).toEqual([{ name: "north", ids: ["d9"] }]);
  });

  it("takes no tenth", () => {
    const g = new Groups(memory());
    for (let i = 1; i <= 9; i++) expect(g.save(`g${i}`, ["d1"])).toBe(i);
    expect(g.save("g10", ["d1"])).toBe(0);
    g.remove(0);
    expect(g.save("g10", ["d1"])).toBe(9);
  });

  it.each(["", "null", "{", '{"a":1}', '[1,"x"]', '[{"name":"a"}]', '[{"name":"a","ids":[1]}]'])(
    "begins empty with %j in the memory",
    (text) => {
      expect(new Groups(memory(text)).list.value).toEqual([]);
    },
  );
});
