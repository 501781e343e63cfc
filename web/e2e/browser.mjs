// Starts Chromium the way these checks need it: software drawing, no calls home.
import { chromium } from "playwright-core";

export const FLAGS = [
  "--no-sandbox",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--use-gl=angle",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
];

export async function openBrowser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
}

/** Opens a page that notes errors and requests to other hosts. */
export async function openPage(browser, url, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    colorScheme: "dark",
    ...options,
  });
  const page = await context.newPage();
  const notes = { errors: [], otherHosts: [] };
  const host = new URL(url).host;
  page.on("pageerror", (e) => notes.errors.push(String(e)));
  page.on("console", (m) => {
    if (m.type() === "error" && !/ERR_CONNECTION|WebSocket|net::/.test(m.text())) notes.errors.push(m.text());
  });
  page.on("request", (r) => {
    const u = new URL(r.url());
    if (/^(http|ws)/.test(u.protocol) && u.host !== host) notes.otherHosts.push(r.url());
  });
  await page.goto(url, { waitUntil: "domcontentloaded" });
  return { context, page, notes };
}

/** Waits until `count` drones are drawn and the link is live. */
export async function waitLive(page, atLeast = 1, timeout = 15_000) {
  await page.waitForFunction(
    (n) =>
      Number(document.documentElement.dataset.drones ?? 0) >= n &&
      document.documentElement.dataset.link === "live",
    atLeast,
    { timeout },
  );
}
