// Does the page's memory grow? Watches the heap of the live view, garbage collected
// before each look, and writes docs/verification/dashboard-soak.md when it ran long
// enough to mean something.
//   npm run soak -- --minutes 120 --drones 1000      the long run
//   npm run soak -- --minutes 5                      the short one: exits 1 over 10 %
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { openBrowser, openPage, waitLive } from "../e2e/browser.mjs";
import { startMock } from "../mock/server.mjs";

const arg = (name, otherwise) => {
  const i = process.argv.indexOf(`--${name}`);
  return i > 0 ? Number(process.argv[i + 1]) : otherwise;
};
const minutes = arg("minutes", 5);
const drones = arg("drones", 200);
const LIMIT = 0.1;
const LOOKS = 24;

const mock = await startMock({ drones });
const browser = await openBrowser();
const { page } = await openPage(browser, mock.url, { viewport: { width: 1000, height: 640 } });
await waitLive(page, drones, 120_000);
await page.keyboard.press("Control+a");
const cdp = await page.context().newCDPSession(page);
const heap = async () => {
  await cdp.send("HeapProfiler.collectGarbage");
  const { usedSize } = await cdp.send("Runtime.getHeapUsage");
  return usedSize / 1e6;
};
// The rings of trails and charts, the log and the alerts fill up first: what they
// take is their bound, not a leak.
const warm = Math.min(3, minutes / 3);
await page.waitForTimeout(warm * 60_000);
const rows = [[0, await heap()]];
for (let i = 1; i <= LOOKS; i++) {
  await page.waitForTimeout(((minutes - warm) * 60_000) / LOOKS);
  rows.push([((minutes - warm) * i) / LOOKS, await heap()]);
  console.log(`${rows.at(-1)[0].toFixed(1)} min  ${rows.at(-1)[1].toFixed(2)} MB`);
}
await browser.close();
await mock.stop();
// A straight line through all looks: one look more or less says nothing.
const n = rows.length;
const mean = (k) => rows.reduce((sum, r) => sum + r[k], 0) / n;
const [mx, my] = [mean(0), mean(1)];
const slope =
  rows.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0) /
  rows.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
const growth = (slope * (minutes - warm)) / (my - (slope * (minutes - warm)) / 2);
console.log(
  `heap ${my.toFixed(2)} MB, ${(growth * 100).toFixed(1)} % over ${(minutes - warm).toFixed(1)} min`,
);
if (minutes >= 10)
  writeFileSync(
    fileURLToPath(new URL("../../docs/verification/dashboard-soak.md", import.meta.url)),
    `# Does the dashboard's memory grow?

Written by \`npm run soak -- --minutes ${minutes} --drones ${drones}\` in \`web/\` on ${new Date().toISOString().slice(0, 10)}: the live view with
${drones} drones, all selected, events coming in; heap after garbage collection.

A straight line through ${n} looks grows ${(growth * 100).toFixed(1)} % in ${(minutes - warm).toFixed(0)} minutes (limit for two hours: ${LIMIT * 100} %).

| minute | MB |
|---:|---:|
${rows.map(([m, mb]) => `| ${m.toFixed(1)} | ${mb.toFixed(2)} |`).join("\n")}
`,
  );
process.exit(growth > LIMIT ? 1 : 0);
