// Browser checks of the built dashboard against the pretended backend.
//   npm run e2e            all checks; pictures go to VOLARY_SHOTS if it is set
import { strict as assert } from "node:assert";
import { mkdirSync } from "node:fs";
import { startMock } from "../mock/server.mjs";
import { openBrowser, openPage, waitLive } from "./browser.mjs";
import { holdDown } from "./checks.mjs";

const SHOTS = process.env.VOLARY_SHOTS;
if (SHOTS) mkdirSync(SHOTS, { recursive: true });
const browser = await openBrowser();
let failed = 0;
let passed = 0;
let skipped = 0;

/** A check that could not be made, and why. */
class Skip extends Error {}

/** Runs one check on a backend and page of its own. */
async function check(name, body, { drones = 100, ...options } = {}) {
  const mock = await startMock({ drones });
  const { context, page, notes } = await openPage(browser, mock.url, options);
  const shot = (file) => (SHOTS ? page.screenshot({ path: `${SHOTS}/${file}.png` }) : undefined);
  try {
    await body({ mock, page, notes, shot });
    assert.deepEqual(notes.errors, [], "errors on the page");
    assert.deepEqual(notes.otherHosts, [], "requests to other hosts");
    passed++;
    console.log(`ok    ${name}`);
  } catch (e) {
    if (e instanceof Skip) {
      skipped++;
      console.log(`skip  ${name}: ${e.message}`);
      await context.close();
      await mock.stop();
      return;
    }
    failed++;
    console.log(
      `FAIL  ${name}\n      ${String(e.message ?? e)
        .split("\n")
        .slice(0, 12)
        .join("\n      ")}`,
    );
    if (SHOTS) await page.screenshot({ path: `${SHOTS}/failed-${failed}.png` }).catch(() => {});
  }
  await context.close();
  await mock.stop();
}

const position = (page, id) => page.evaluate((i) => window.__volary.positions(i), id);
const command = (page, word) => page.locator(".inspector .cmd", { hasText: word });
const selectByTyping = async (page, text) => {
  await page.keyboard.press("/");
  await page.keyboard.type(text);
  await page.keyboard.press("Enter");
};
/** Waits until the inspector is about what is expected. */
const about = (page, text) => page.locator(".inspector h2", { hasText: text }).waitFor({ timeout: 5000 });

for (const theme of ["dark", "light"]) {
  await check(
    `loads and flies, ${theme}`,
    async ({ page, shot }) => {
      await waitLive(page, 100);
      const before = await position(page, "d1");
      await page.waitForTimeout(1500);
      const after = await position(page, "d1");
      assert.ok(Math.hypot(after.x - before.x, after.y - before.y) > 1, "d1 moved");
      assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), theme);
      assert.equal(await page.locator(".grid").getAttribute("aria-rowcount"), "101");
      await shot(`live-${theme}`);
    },
    { colorScheme: theme },
  );
}

await check("keeps the chosen theme", async ({ page }) => {
  await waitLive(page);
  await page.getByRole("button", { name: "Change theme" }).click();
  await page.reload();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "light");
});

await check("moves without jumps", async ({ page }) => {
  await waitLive(page, 100);
  await page.waitForTimeout(2000);
  const { worst, judged } = await page.evaluate(
    () =>
      new Promise((done) => {
        let last;
        let worst = 0;
        let judged = 0;
        // After a stall of the page itself the picture catches up faster than it flew; only smooth running is judged.
        let stalled = performance.now();
        const until = stalled + 20_000;
        const look = () => {
          const now = performance.now();
          const p = window.__volary.positions("d2");
          if (last && now - last.now > 120) stalled = now;
          // Twelve metres a second is the fastest any of them flies.
          if (last && now - stalled > 1500) {
            judged++;
            worst = Math.max(worst, Math.hypot(p.x - last.x, p.y - last.y) - 0.018 * (now - last.now));
          }
          last = { ...p, now };
          if (now < until && judged < 90) requestAnimationFrame(look);
          else done({ worst, judged });
        };
        look();
      }),
  );
  if (judged < 20) throw new Skip(`the machine is too busy: ${judged} smooth frames in 20 s`);
  assert.ok(worst < 0.6, `a step was ${worst.toFixed(2)} m too long`);
});

await check("selects by range, by row, by click, by box", async ({ page, shot }) => {
  await waitLive(page, 100);
  await selectByTyping(page, "10-20");
  await about(page, "11 drones");
  await page.keyboard.press("Escape");
  await about(page, "100 drones");
  await page.locator(".row", { hasText: "d3" }).first().click();
  await about(page, /^d3/);
  await shot("one");
  await page.keyboard.press("2");
  await page.keyboard.press("Escape");
  // Paused before fitting: on a busy machine they would fly out of the box meanwhile.
  await page.keyboard.press(" ");
  await page.locator(".state", { hasText: "PAUSED" }).waitFor();
  await page.waitForTimeout(900);
  await page.keyboard.press("a");
  await page.keyboard.press("-");
  await page.waitForTimeout(900);
  const box = await page.locator(".world canvas").boundingBox();
  await page.keyboard.press("b");
  await page.mouse.move(box.x + 49, box.y + 3);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width - 2, box.y + box.height - 2, { steps: 5 });
  await page.mouse.up();
  await about(page, "100 drones");
  await page.locator(".row.chosen").nth(10).waitFor();
  await page.keyboard.press("Control+a");
  await shot("all");
});

await check("commands many and says who refused, and why", async ({ page, shot }) => {
  await waitLive(page, 100);
  await page.keyboard.press("Control+a");
  await command(page, "Hold").click();
  const result = page.getByTestId("result");
  await result.getByText("failed", { exact: false }).first().waitFor();
  const text = String(await result.textContent()).replace(/\s+/g, " ");
  const [, ok, rejected] = /(\d+) ok · (\d+) failed/.exec(text) ?? [];
  assert.equal(Number(ok) + Number(rejected), 100);
  assert.match(text, /not armed/);
  await shot("rejected");
  await page.getByRole("button", { name: "Select failed" }).click();
  await about(page, `${rejected} drones`);
});

await check("sends a group in formation", async ({ page, mock, shot }) => {
  await waitLive(page, 100);
  await page.keyboard.press("2");
  await selectByTyping(page, "2, 3, 4");
  // Paused, so that the formation that is asked for is the one that is compared.
  await page.keyboard.press(" ");
  await page.locator(".state", { hasText: "PAUSED" }).waitFor();
  await page.waitForTimeout(300);
  const before = ["d2", "d3"].map((id) => ({ ...mock.fleet.by.get(id) }));
  await command(page, "Go to").click();
  const box = await page.locator(".world canvas").boundingBox();
  await page.mouse.click(box.x + box.width * 0.55, box.y + box.height * 0.4);
  await page.getByTestId("result").getByText("3 ok").waitFor();
  const [a, b] = ["d2", "d3"].map((id) => mock.fleet.by.get(id).target);
  assert.ok(Math.abs(b.x - a.x - (before[1].x - before[0].x)) < 0.1, "their distance is kept");
  await page.keyboard.press(" ");
  await page.waitForTimeout(1200);
  await shot("goto");
});

await check("pauses, steps and speeds by keyboard", async ({ page }) => {
  await waitLive(page, 100);
  await page.keyboard.press(" ");
  await page.locator(".state", { hasText: "PAUSED" }).waitFor();
  await page.waitForTimeout(500);
  const at = await position(page, "d1");
  await page.waitForTimeout(600);
  // The drawing clock settles onto the last sample: less than the millimetre positions are sent in.
  const later = await position(page, "d1");
  const moved = Math.hypot(later.x - at.x, later.y - at.y, later.z - at.z);
  assert.ok(moved < 1e-4, `nothing moves while paused, but d1 moved ${moved} m`);
  const tick = await page.evaluate(() => Number(document.documentElement.dataset.tick));
  await page.keyboard.press(".");
  await page.waitForFunction((t) => Number(document.documentElement.dataset.tick) === t + 1, tick);
  await page.keyboard.press("]");
  await page.locator(".timebar .speed", { hasText: "2×" }).waitFor();
  await page.keyboard.press(" ");
  await page.locator(".state", { hasText: "LIVE" }).waitFor();
  await page.keyboard.press("?");
  await page.locator("dialog[open]").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("dialog[open]").waitFor({ state: "detached" });
});

await check(
  "says when the connection is lost, forbids commands, comes back",
  async ({ page, mock, shot }) => {
    await waitLive(page, 100);
    await selectByTyping(page, "1-5");
    const port = Number(new URL(mock.url).port);
    await mock.stop();
    await page.getByTestId("banner-lost").waitFor();
    assert.equal(await command(page, "Land").isDisabled(), true);
    await page.locator(".world.greyed").waitFor({ timeout: 6000 });
    assert.equal(await page.evaluate(() => document.documentElement.dataset.link), "lost");
    await shot("lost");
    const again = await startMock({ port, drones: 100 });
    await waitLive(page, 100);
    assert.equal(await command(page, "Land").isDisabled(), false);
    await again.stop();
  },
);

await check("tells a missing simulator from a lost connection", async ({ page, mock, shot }) => {
  await waitLive(page, 100);
  mock.killSimulator();
  await page.getByTestId("banner-gone").waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.link), "simulator_gone");
  assert.equal(await page.locator(".transport .play").isDisabled(), true);
  await page.locator(".world.greyed").waitFor({ timeout: 6000 });
  await shot("simulator-gone");
});

await check("lists the sessions", async ({ page, shot }) => {
  await page.getByRole("link", { name: "Sessions" }).click();
  await page.locator("tbody tr").first().waitFor();
  assert.equal(await page.locator("tbody tr").count(), 8);
  await page.getByRole("button", { name: "Show more" }).click();
  await page.locator("tbody tr").nth(15).waitFor();
  await shot("sessions");
  await page.getByRole("link", { name: "Live", exact: true }).click();
  await waitLive(page, 100);
});

await check("opens /sessions directly", async ({ page, mock }) => {
  await page.goto(`${mock.url}/sessions`);
  await page.locator("tbody tr").first().waitFor();
});

await check(
  "fits a phone, with only the safe commands",
  async ({ page, shot }) => {
    await waitLive(page, 100);
    await page.waitForTimeout(500);
    await shot("phone");
    await page.getByRole("button", { name: "Raise the sheet" }).click();
    await page.locator(".row").first().click();
    await holdDown(page, page.locator(".sheet .cmd", { hasText: "Land" }));
    await page.getByTestId("result").waitFor();
    assert.deepEqual(await page.locator(".sheet .cmd span").allInnerTexts(), ["Hold", "Return", "Land"]);
    await page.getByRole("group", { name: "Sheet" }).getByRole("button", { name: "Drone" }).click();
    await shot("phone-drone");
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.equal(wide, 0, "nothing sticks out sideways");
  },
  { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
);

await check(
  "draws ten thousand",
  async ({ page, shot }) => {
    await waitLive(page, 10_000, 40_000);
    await shot("ten-thousand");
    assert.equal((await page.locator(".row").count()) < 80, true, "the list stays short in the DOM");
  },
  { drones: 10_000 },
);

await browser.close();
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed > 0 ? 1 : 0);
