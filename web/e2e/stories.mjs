// The stories people came for, walked in a browser against the real backend and
// simulator. One process serves them all; each story says what it did.
//   npm run e2e:stories         VOLARY_ONLY=plan picks by name, VOLARY_SHOTS=DIR keeps pictures
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { openBrowser, waitLive } from "./browser.mjs";
import { about, Checks, holdDown, Skip, selectByTyping } from "./checks.mjs";
import { startVolary, until } from "./system.mjs";

const SAMPLE = fileURLToPath(
  new URL("../../internal/mission/testdata/qgroundcontrol_sample_with_survey.plan", import.meta.url),
);
const AXE = readFileSync(
  fileURLToPath(new URL("../node_modules/axe-core/axe.min.js", import.meta.url)),
  "utf8",
);
const FIRST_LOAD_LIMIT = 120_000;

const volary = await startVolary(["--drones", "20"]);
const browser = await openBrowser();
const checks = new Checks(browser);
// A server of before asks for what it doesn't have, once, and goes without.
if (!(await volary.has("/api/v1/geofences")) || !(await volary.has("/api/v1/obstacles")))
  checks.expected.push(/status of 404/);
const at = (path) => `${volary.url}${path}`;
// A small window: in software every pixel is drawn by a processor others wait for.
const story = (name, path, body, options) =>
  checks.check(name, at(path), body, { viewport: { width: 1180, height: 720 }, ...options });
const drone = (id) => volary.api("GET", `/drones/${id}`);
const status = () => volary.api("GET", "/status");
const palette = async (page, text) => {
  await page.keyboard.press("Control+k");
  await page.locator(".palette input:focus").waitFor();
  await page.keyboard.type(text);
};
const command = (page, word) => page.locator(".inspector .cmd", { hasText: word });

await story(
  "first load is at most 120 kB of script, gzipped, and asks no other host",
  "/admin",
  async ({ page }) => {
    const scripts = new Set();
    page.on("request", (r) => {
      if (r.resourceType() === "script") scripts.add(r.url());
    });
    await page.goto(at("/"));
    await waitLive(page, 20, 60_000);
    await page.waitForTimeout(1000);
    let sum = 0;
    for (const url of scripts) sum += gzipSync(Buffer.from(await (await fetch(url)).arrayBuffer())).length;
    assert.ok(scripts.size > 0 && sum <= FIRST_LOAD_LIMIT, `${sum} bytes in ${scripts.size} scripts`);
    return `${(sum / 1000).toFixed(1)} kB in ${scripts.size} scripts`;
  },
);

await story("commands 128 drones and sees three refused with reasons", "/", async ({ page, shot }) => {
  await waitLive(page, 20, 60_000);
  const { ids } = await volary.api("POST", "/drones", {
    count: 128,
    formation: "grid",
    spacing_m: 5,
    x: 0,
    y: -400,
  });
  const grounded = ids.slice(0, 3);
  await volary.api("POST", "/commands", {
    drones: ids.slice(3),
    type: "takeoff",
    params: { altitude_m: 15 },
  });
  await until("125 in the air", async () => (await drone(ids[127])).armed);
  const [first, last] = [ids[0].slice(1), ids[127].slice(1)];
  await until(
    "128 in the list",
    async () => Number(await page.evaluate(() => document.documentElement.dataset.drones)) >= 148,
  );
  await selectByTyping(page, `${first}-${last}`);
  await about(page, "128 drones");
  await command(page, "Hold").click();
  const result = page.getByTestId("result");
  await result.getByText("125 ok").waitFor();
  await result.getByText("3 failed").waitFor();
  const text = await result.innerText();
  for (const id of grounded) assert.ok(text.includes(id), `${id} in: ${text}`);
  await shot("refused");
  await page.getByRole("button", { name: "Select failed" }).click();
  await about(page, "3 drones");
  // Landing a crowd asks for its count; a wrong one does not send.
  await selectByTyping(page, `${first}-${last}`);
  await about(page, "128 drones");
  await command(page, "Land").click();
  const dialog = page.locator("dialog.confirm");
  await dialog.waitFor();
  await dialog.locator("input").fill("127");
  assert.equal(await dialog.getByRole("button", { name: /Land 128/ }).isDisabled(), true);
  await dialog.locator("input").fill("128");
  await dialog.getByRole("button", { name: /Land 128/ }).click();
  await result.getByText("125 ok").waitFor();
  await until("landing", async () => (await drone(ids[127])).mode === "land");
  await page.getByTestId("result").getByText("Land").waitFor();
  for (const id of ids) await volary.api("DELETE", `/drones/${id}`);
  return "125 held, 3 said why not; 128 had to be typed to land";
});

await story("takes off by holding the button down, not by a click", "/", async ({ page }) => {
  await waitLive(page, 20, 60_000);
  const { ids } = await volary.api("POST", "/drones", { count: 1, x: 30, y: -300 });
  const id = ids[0];
  await page
    .locator(".row", { hasText: id })
    .first()
    .waitFor({ state: "attached" })
    .catch(() => {});
  await until("the drone in the list", () =>
    page.evaluate((i) => window.__volary.positions(i) !== undefined, id),
  );
  await selectByTyping(page, id.slice(1));
  await about(page, id);
  await command(page, "Take off").click();
  await page.waitForTimeout(500);
  assert.equal((await drone(id)).armed, false, "a click alone sent it");
  await holdDown(page, command(page, "Take off"));
  await until("the take-off", async () => (await drone(id)).armed);
  // Kill asks for the count, even of one.
  await page.locator(".morecommands > button").click();
  await page.getByRole("menuitem", { name: /Kill/ }).click();
  await page.locator("dialog.confirm input").fill("1");
  await page.keyboard.press("Enter");
  await until("the motors stopped", async () => !(await drone(id)).armed);
  await volary.api("DELETE", `/drones/${id}`);
});

await story("draws a survey on the map and flies it", "/plan", async ({ page, shot }) => {
  await waitLive(page, 20, 60_000);
  await volary.api("POST", "/sim", { action: "speed", speed: 1 });
  const { ids } = await volary.api("POST", "/drones", { count: 2, spacing_m: 6, x: 0, y: 0 });
  await until("both in the list", () =>
    page.evaluate((i) => window.__volary.positions(i) !== undefined, ids[1]),
  );
  await selectByTyping(page, `${ids[0].slice(1)}-${ids[1].slice(1)}`);
  await page.keyboard.press("2");
  await page.keyboard.press("a");
  for (let i = 0; i < 14; i++) await page.keyboard.press("-");
  await page.waitForTimeout(800);
  await page.locator(".plantools .cmd", { hasText: "Survey" }).click();
  const box = await page.locator(".world canvas").boundingBox();
  const click = (x, y) => page.mouse.click(box.x + box.width * x, box.y + box.height * y);
  await click(0.4, 0.3);
  await click(0.7, 0.3);
  await click(0.7, 0.6);
  await click(0.4, 0.6);
  await page.keyboard.press("Enter");
  await page.locator(".part", { hasText: "Survey" }).waitFor();
  await page.locator(".planfigures", { hasText: "Length" }).waitFor();
  // A corner is dragged; one step of undo takes it back.
  const before = await page.locator(".planfigures").innerText();
  await page.mouse.move(box.x + box.width * 0.7, box.y + box.height * 0.3);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.78, box.y + box.height * 0.22, { steps: 4 });
  await page.mouse.up();
  await until("another area", async () => (await page.locator(".planfigures").innerText()) !== before);
  await page.keyboard.press("Control+z");
  await page.getByRole("spinbutton", { name: "Apart in height, m" }).fill("5");
  await shot("survey");
  await holdDown(page, page.locator(".assign .cmd.main"));
  await page.getByTestId("result").getByText("2 ok").waitFor();
  await until("both on their mission", async () =>
    (await Promise.all(ids.map(drone))).every((d) => d.mode === "mission" && d.mission?.items > 4),
  );
  await volary.api("POST", "/sim", { action: "speed", speed: 10 });
  const high = await until(
    "5 m between them",
    async () => {
      const [a, b] = await Promise.all(ids.map(drone));
      return Math.abs(b.rel_alt_m - a.rel_alt_m - 5) < 1.5 && a.mission.item > 1 && b.rel_alt_m - a.rel_alt_m;
    },
    120_000,
  );
  await volary.api("POST", "/sim", { action: "speed", speed: 1 });
  for (const id of ids) await volary.api("DELETE", `/drones/${id}`);
  return `both flew it, ${high.toFixed(1)} m apart in height`;
});

await story("imports a plan of QGroundControl and flies it", "/plan", async ({ page, shot }) => {
  await waitLive(page, 20, 60_000);
  const { ids } = await volary.api("POST", "/drones", { count: 1, x: 0, y: 0 });
  await until("it in the list", () =>
    page.evaluate((i) => window.__volary.positions(i) !== undefined, ids[0]),
  );
  await selectByTyping(page, ids[0].slice(1));
  await page.locator('input[type="file"]').first().setInputFiles(SAMPLE);
  await page.locator(".part", { hasText: "Waypoint" }).nth(4).waitFor();
  await shot("imported");
  await holdDown(page, page.locator(".assign .cmd.main"));
  await page.getByTestId("result").getByText("1 ok").waitFor();
  await until("it on its mission", async () => (await drone(ids[0])).mode === "mission");
  for (const kind of ["GeoJSON", "KML", ".plan"]) {
    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: kind, exact: true }).click();
    const text = readFileSync(await (await saved).path(), "utf8");
    assert.ok(text.length > 500, `${kind}: ${text.length} bytes`);
  }
  // A file that is none says so.
  await page
    .locator('input[type="file"]')
    .first()
    .setInputFiles({
      name: "broken.geojson",
      mimeType: "application/json",
      buffer: Buffer.from("{"),
    });
  await page.getByRole("alert").getByText("not JSON").waitFor();
  await volary.api("DELETE", `/drones/${ids[0]}`);
});

await story("pauses, steps and speeds the real simulation", "/", async ({ page }) => {
  await waitLive(page, 20, 60_000);
  await page.keyboard.press(" ");
  await page.locator('.stage[data-time="paused"]').waitFor();
  await until("the pause", async () => (await status()).paused);
  const before = (await status()).tick;
  await page.keyboard.press(".");
  await until("one tick", async () => (await status()).tick === before + 1);
  await page.keyboard.press("]");
  await until("twice the speed", async () => (await status()).speed === 2);
  await page.locator(".timebar .speed", { hasText: "2×" }).waitFor();
  await page.keyboard.press("[");
  await until("the speed back", async () => (await status()).speed === 1);
  await page.keyboard.press(" ");
  await until("it running", async () => !(await status()).paused);
  await page.locator('.stage[data-time="live"]').waitFor();
});

await story("does everything by keyboard alone", "/", async ({ page }) => {
  await waitLive(page, 20, 60_000);
  await palette(page, "1-5");
  await page.keyboard.press("Enter");
  await about(page, "5 drones");
  await palette(page, "hold");
  await page.keyboard.press("Enter");
  await page.getByTestId("result").waitFor();
  // A group is saved and called back by its number.
  await page.locator(".selectmenu > button").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("textbox", { name: "Name of the group" }).focus();
  await page.keyboard.type("five");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await about(page, "20 drones");
  await page.keyboard.press("g");
  await page.keyboard.press("1");
  await about(page, "5 drones");
  await palette(page, "plan");
  await page.keyboard.press("Enter");
  await page.locator(".plantools").waitFor();
  await page.keyboard.press("?");
  await page.locator("dialog.shortcuts").waitFor();
  await page.keyboard.press("Escape");
  // The list: arrows move, Shift extends.
  await page.locator(".grid").focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("Shift+ArrowDown");
  await page.keyboard.press("Shift+ArrowDown");
  await page.locator(".row.chosen").nth(2).waitFor();
  assert.equal(await page.locator(".row.chosen").count(), 3);
});

await story(
  "opens a link with its selection and camera",
  "/?sel=d2-4&cam=2d,10,20,0,300,0,0.6",
  async ({ page }) => {
    await waitLive(page, 20, 60_000);
    await about(page, "3 drones");
    await page.locator('.rail button[aria-pressed="true"]', { hasText: "2D" }).waitFor();
  },
);

await story("latches the emergency stop until it is released", "/", async ({ page, shot }) => {
  await waitLive(page, 20, 60_000);
  await holdDown(page, page.locator(".estop"));
  await page.locator(".estop.engaged").waitFor();
  await selectByTyping(page, "1-2");
  await palette(page, "start mission");
  await page.keyboard.press("Enter");
  const dialog = page.locator("dialog.confirm");
  await holdDown(page, dialog.locator("button.main"));
  await page.getByTestId("result").getByText("emergency stop").waitFor();
  await page.reload();
  await page.locator(".estop.engaged").waitFor();
  await shot("stopped");
  await holdDown(page, page.locator(".estop"));
  await page.locator(".estop:not(.engaged)").waitFor();
});

await story("puts drones into the world, with a ghost of where", "/scenario", async ({ page, shot }) => {
  await waitLive(page, 20, 60_000);
  const before = (await status()).drones;
  await page.getByRole("spinbutton", { name: "Count" }).fill("6");
  await page.getByRole("combobox", { name: "Formation" }).selectOption("circle");
  await page.getByRole("spinbutton", { name: "East, m" }).fill("120");
  await page.getByRole("spinbutton", { name: "North, m" }).fill("-80");
  await page.waitForTimeout(300);
  await shot("ghosts");
  await page.locator(".cmd.main", { hasText: "Add to the world" }).click();
  await until("six more", async () => (await status()).drones === before + 6);
  await page.locator(".notice", { hasText: "6 drones were added" }).waitFor();
  await page.goto(at("/"));
  await waitLive(page, before + 6, 60_000);
});

await story("blows and breaks: wind and faults", "/scenario", async ({ page, shot }) => {
  if (!(await volary.has("/api/v1/faults"))) throw new Skip("this server has no /faults");
  await waitLive(page, 20, 60_000);
  await page.getByRole("spinbutton", { name: "Speed, m/s" }).first().fill("5");
  await page.getByRole("button", { name: "Let it blow" }).click();
  await until("the wind", async () => (await volary.api("GET", "/environment")).wind.speed_ms === 5);
  await selectByTyping(page, "3");
  await page.getByRole("combobox", { name: "Fault" }).selectOption("battery_drop");
  await page.getByRole("spinbutton", { name: "Down to, %" }).fill("12");
  await holdDown(page, page.locator(".sure.cmd", { hasText: "Put on the selected" }));
  await until("the battery", async () => (await drone("d3")).battery_pct < 15);
  await shot("faults");
});

await story("scrubs, runs backwards and forks a recorded session", "/sessions", async ({ page, shot }) => {
  if (!(await volary.has("/api/v1/sessions/{id}/replay"))) throw new Skip("this server plays no recordings");
  await volary.api("POST", "/sim", { action: "resume" });
  const { session, sim_time: now } = await status();
  await until("twenty seconds recorded", async () => (await status()).sim_time > Math.max(20, now));
  await page.locator("tbody tr a").first().click();
  await page.locator('.stage[data-time="replay"]').waitFor();
  await waitLive(page, 20, 60_000);
  const shown = () => page.evaluate(() => document.querySelector(".simclock b")?.textContent ?? "");
  const seconds = async () => (await shown()).split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  await page.keyboard.press("k");
  const strip = page.getByRole("slider");
  const box = await strip.boundingBox();
  await page.mouse.click(box.x + box.width / 2, box.y + 10);
  const middle = Number(await strip.getAttribute("aria-valuemax")) / 2;
  await until("the middle", async () => Math.abs((await seconds()) - middle) < middle * 0.2 + 2);
  const began = await seconds();
  await page.keyboard.press("j");
  await until("running backwards", async () => (await seconds()) < began - 0.5);
  await page.locator(".timetag", { hasText: "BACKWARDS" }).waitFor();
  await page.keyboard.press("k");
  // No command can be given in a recording.
  await selectByTyping(page, "1");
  await palette(page, "hold");
  assert.equal(await page.getByRole("option", { name: /^Hold/ }).count(), 0);
  await page.keyboard.press("Escape");
  await shot("replay");
  await holdDown(page, page.locator(".sure.cmd", { hasText: "Fork at" }));
  const forked = await until("another run", async () => {
    const s = await status();
    return s.session.id !== session.id && s.session.state === "running" && s.session.id;
  });
  await page.locator('.stage[data-time="live"]').waitFor();
  await waitLive(page, 20, 60_000);
  return `went back from ${began.toFixed(0)} s; ${String(forked).slice(0, 8)} goes on from there`;
});

await story(
  "fits a phone: watch, hold, return, land",
  "/",
  async ({ page }) => {
    await waitLive(page, 20, 60_000);
    await page.getByRole("button", { name: "Raise the sheet" }).click();
    await page.locator(".row").first().click();
    assert.deepEqual(await page.locator(".sheet .cmd span").allInnerTexts(), ["Hold", "Return", "Land"]);
    await page.locator(".sheet .cmd", { hasText: "Hold" }).click();
    await page.getByTestId("result").waitFor();
    const small = await page.evaluate(() =>
      [...document.querySelectorAll("button")]
        .map((b) => ({ b, r: b.getBoundingClientRect() }))
        .filter(({ b, r }) => r.width > 0 && r.height < 36 && !b.closest(".head, .result, .search, .grip"))
        .map(({ b }) => `${b.className} ${b.textContent}`),
    );
    assert.deepEqual(small, [], "targets too small for a finger");
  },
  { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 1 },
);

for (const theme of ["dark", "light"]) {
  for (const path of ["/", "/plan", "/scenario", "/sessions", "/admin", "/api"]) {
    await story(
      `axe finds nothing serious on ${path}, ${theme}`,
      path,
      async ({ page }) => {
        if (path === "/" || path === "/plan" || path === "/scenario") {
          await waitLive(page, 20, 60_000);
          await selectByTyping(page, "1-3");
          if (path === "/") await page.keyboard.press("e");
        }
        await page.waitForTimeout(1500);
        await page.evaluate(AXE);
        const found = await page.evaluate(async () => {
          const r = await window.axe.run(document, { resultTypes: ["violations"] });
          return r.violations
            .filter((v) => v.impact === "serious" || v.impact === "critical")
            .map(
              (v) =>
                `${v.id}: ${v.nodes
                  .map((n) => `${n.target} ${n.any[0]?.message ?? ""}`)
                  .slice(0, 4)
                  .join(" | ")}`,
            );
        });
        assert.deepEqual(found, []);
      },
      { colorScheme: theme },
    );
  }
}

await story(
  "sees the server die, and has everything back when it returns",
  "/",
  async ({ page, shot, notes }) => {
    await waitLive(page, 20, 60_000);
    await selectByTyping(page, "1-5");
    const died = Date.now();
    await volary.kill();
    await page.getByTestId("banner-lost").waitFor();
    const seen = Date.now() - died;
    assert.equal(await command(page, "Hold").isDisabled(), true);
    await page.locator(".world.greyed").waitFor();
    await shot("dead");
    await volary.start();
    const back = Date.now();
    await waitLive(page, 20, 60_000);
    const full = Date.now() - back;
    assert.equal(await command(page, "Hold").isDisabled(), false);
    notes.errors.length = 0; // the browser itself notes each try that found no server
    return `seen after ${seen} ms, all back ${full} ms after the server was`;
  },
);

await browser.close();
await volary.stop();
process.exit(checks.done());
