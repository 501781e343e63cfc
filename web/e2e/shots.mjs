// Takes a picture of every page in both themes, from the real program, into
// docs/images: npm run shots
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { openBrowser, openPage, waitLive } from "./browser.mjs";
import { selectByTyping } from "./checks.mjs";
import { startVolary, until } from "./system.mjs";

const OUT = process.env.VOLARY_SHOTS ?? fileURLToPath(new URL("../../docs/images", import.meta.url));
const only = process.argv.slice(2);
mkdirSync(OUT, { recursive: true });
const volary = await startVolary([]);
const browser = await openBrowser();
const { session } = await volary.api("GET", "/status");
// The demo has something to show when all are under way.
await until("the fleet under way", async () => (await volary.api("GET", "/status")).sim_time > 45, 180_000);

const plan = {
  name: "Vineyard, north slope",
  speed: 8,
  takeoff: 20,
  end: "rtl",
  legs: [
    { kind: "waypoint", at: { x: -120, y: 220 }, alt: 40, hold: 0 },
    {
      kind: "survey",
      area: [
        { x: -60, y: 250 },
        { x: 150, y: 270 },
        { x: 190, y: 120 },
        { x: -30, y: 90 },
      ],
      alt: 40,
      spacing: 25,
      angle: 20,
    },
    { kind: "orbit", at: { x: 250, y: 40 }, radius: 50, alt: 35, turns: 2 },
  ],
  fences: [
    {
      keep: "in",
      area: [
        { x: -380, y: 340 },
        { x: 380, y: 340 },
        { x: 380, y: -120 },
        { x: -380, y: -120 },
      ],
      top: 120,
    },
    {
      keep: "out",
      area: [
        { x: 210, y: 240 },
        { x: 290, y: 250 },
        { x: 300, y: 170 },
        { x: 220, y: 160 },
      ],
      top: 80,
    },
  ],
};

const pages = {
  live: ["/", async () => {}],
  one: [
    "/?sel=d61&cam=3d,150,150,40,7,0.7,0.35",
    async (page) => {
      await page.locator(".inspector h2").waitFor();
      await page.keyboard.press("f");
      await page.waitForTimeout(9000);
    },
  ],
  many: [
    "/",
    async (page) => {
      await selectByTyping(page, "1-40");
      await page.locator(".inspector .cmd", { hasText: "Hold" }).waitFor();
      await page.keyboard.press("h");
      await page.keyboard.press("e");
      await page.waitForTimeout(6000);
    },
  ],
  palette: [
    "/",
    async (page) => {
      await selectByTyping(page, "1-10");
      await page.keyboard.press("Control+k");
      await page.keyboard.type("la");
    },
  ],
  plan: [
    "/plan",
    async (page) => {
      await page.evaluate((p) => sessionStorage.setItem("volary.plan", JSON.stringify(p)), plan);
      await page.reload();
      await waitLive(page, 1, 60_000);
      await page.keyboard.press("2");
      await selectByTyping(page, "1-6");
      await page.locator(".partname", { hasText: "Survey" }).click();
      await page.waitForTimeout(800);
    },
  ],
  scenario: [
    "/scenario",
    async (page) => {
      await page.getByRole("spinbutton", { name: "Count" }).fill("49");
      await page.getByRole("spinbutton", { name: "Apart, m" }).fill("15");
      await page.getByRole("spinbutton", { name: "East, m" }).fill("60");
      await page.getByRole("spinbutton", { name: "North, m" }).fill("-220");
      await page.waitForTimeout(600);
    },
  ],
  sessions: ["/sessions", (page) => page.locator("tbody tr").first().waitFor()],
  replay: [
    `/replay/${session.id}?t=40&sel=d1-6`,
    async (page) => {
      await page.locator('.stage[data-time="replay"]').waitFor();
      await page.waitForTimeout(5000);
    },
  ],
  admin: ["/admin", (page) => page.waitForTimeout(5000)],
  api: ["/api", (page) => page.locator("tbody tr").nth(10).waitFor()],
};
if (!(await volary.has("/api/v1/sessions/{id}/replay"))) {
  console.log("replay is left out: this program plays no recordings");
  delete pages.replay;
}

for (const theme of ["dark", "light"]) {
  for (const [name, [path, act]] of Object.entries(pages)) {
    if (only.length > 0 && !only.includes(name)) continue;
    const { context, page } = await openPage(browser, `${volary.url}${path}`, { colorScheme: theme });
    page.setDefaultTimeout(60_000);
    try {
      if (!/^\/(sessions|admin|api)/.test(path)) await waitLive(page, 1, 60_000);
      await act(page);
      await page.mouse.move(720, 899);
      await page.screenshot({ path: `${OUT}/dashboard-${name}-${theme}.png` });
      console.log(`${name} ${theme}`);
    } catch (e) {
      console.log(`FAILED ${name} ${theme}: ${String(e.message).split("\n")[0]}`);
      process.exitCode = 1;
    }
    await context.close();
  }
}
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
if (only.length === 0 || only.includes("phone"))
  for (const theme of ["dark", "light"]) {
    const { context, page } = await openPage(browser, volary.url, { ...phone, colorScheme: theme });
    await waitLive(page, 1, 60_000);
    await page.getByRole("button", { name: "Raise the sheet" }).click();
    await page.locator(".row").nth(2).click();
    await page.waitForTimeout(800);
    await page.screenshot({ path: `${OUT}/dashboard-phone-${theme}.png` });
    console.log(`phone ${theme}`);
    await context.close();
  }
await browser.close();
await volary.stop();
