import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { CompactDecoder } from "../javascript/compact.mjs";

const file = new URL("../../internal/compact/testdata/streams.json", import.meta.url);
let compared = 0;
for (const { steps } of JSON.parse(readFileSync(file, "utf8"))) {
  const d = new CompactDecoder();
  const s = { p: [0, 0, 0], v: [0, 0, 0] };
  for (const step of steps) {
    assert.equal(d.decode(Buffer.from(step.message, "base64")), step.error ?? "ok");
    if (step.error) continue;
    assert.equal(d.clock.publishedUs, step.clock.published_us);
    for (const want of step.see ?? []) {
      assert.ok(d.at(want.slot, want.at, s));
      const plain = (v) => v.map((x) => x + 0); // -0 is 0
      assert.deepEqual(plain(s.p), plain(want.p));
      assert.deepEqual(plain(s.v), plain(want.v));
      assert.equal(s.heading + 0, want.heading + 0);
      assert.deepEqual([s.mode, s.status, s.flags, s.battery, s.homeZ, s.coarse], [want.mode, want.status, want.flags, want.battery, want.home_z, want.coarse]);
      compared++;
    }
  }
}
assert.ok(compared > 500);
console.log(`compared ${compared} to the last bit`);
