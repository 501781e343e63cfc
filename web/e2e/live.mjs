// The core of the checks against a running system:
//   node e2e/live.mjs URL OUTDIR
// prints one JSON line and exits 1 when no drone moves within 30 s.
import { mkdirSync } from "node:fs";
import { openBrowser, openPage } from "./browser.mjs";

const [url, outdir] = process.argv.slice(2);
if (!url || !outdir) {
  console.error("usage: node e2e/live.mjs URL OUTDIR");
  process.exit(2);
}
mkdirSync(outdir, { recursive: true });
const browser = await openBrowser();
let seen = { drones: 0, moved: 0, link: "" };
let otherHosts = [];
try {
  const { page, notes } = await openPage(browser, url);
  otherHosts = notes.otherHosts;
  const first = new Map();
  const until = Date.now() + 30_000;
  while (Date.now() < until && seen.moved === 0) {
    await page.waitForTimeout(500);
    seen = await page.evaluate((start) => {
      const data = document.documentElement.dataset;
      const now = {};
      let moved = 0;
      for (const row of document.querySelectorAll(".row .c-id b")) {
        const p = window.__volary?.positions(row.textContent ?? "");
        if (!p) continue;
        const was = start[row.textContent];
        now[row.textContent] = was ?? p;
        if (was && Math.hypot(p.x - was.x, p.y - was.y, p.z - was.z) > 0.05) moved++;
      }
      return { drones: Number(data.drones ?? 0), moved, link: data.link ?? "", now };
    }, Object.fromEntries(first));
    for (const [id, p] of Object.entries(seen.now)) first.set(id, p);
  }
  // A moment more, so that the picture shows flight and not the first frame.
  await page.waitForTimeout(1500);
  await page.screenshot({ path: `${outdir}/live.png` });
  if (seen.moved > 0) {
    await page.keyboard.press(" ");
    await page.waitForTimeout(1500);
    await page.screenshot({ path: `${outdir}/paused.png` });
    await page.keyboard.press(" ");
  }
} finally {
  await browser.close();
}
console.log(
  JSON.stringify({
    drones: seen.drones,
    moved: seen.moved,
    link: seen.link,
    requests_to_other_hosts: otherHosts.length,
  }),
);
process.exit(seen.moved > 0 ? 0 : 1);
