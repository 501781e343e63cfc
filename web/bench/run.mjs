// Draws the same fleets with the dashboard's world, three.js and MapLibre, in turn,
// and writes docs/verification/dashboard.md.
//   node bench/run.mjs [--rounds 3] [--seconds 6] [--only own] [--dry]
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { build, preview } from "vite";
import { FLAGS } from "../e2e/browser.mjs";
import { cpuSeconds } from "./cpu.mjs";

const arg = (name, otherwise) => {
  const i = process.argv.indexOf(`--${name}`);
  return i > 0 ? (process.argv[i + 1] ?? "") : otherwise;
};
const rounds = Number(arg("rounds", 3));
const seconds = Number(arg("seconds", 6));
const only = arg("only", "");
const config = fileURLToPath(new URL("./vite.config.ts", import.meta.url));
await build({ configFile: config });
const server = await preview({ configFile: config, preview: { host: "127.0.0.1", port: 0 } });
const url = server.resolvedUrls.local[0];

const cases = [
  ["own", 1000],
  ["own", 10_000],
  ["three", 1000],
  ["three", 10_000],
  ["maplibre", 1000],
  ["maplibre", 10_000],
].filter(([draw]) => only === "" || draw === only);

const results = new Map(cases.map((c) => [c.join(" "), []]));
const host = await chromium.launchServer({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: FLAGS,
});
const browser = await chromium.connect(host.wsEndpoint());
const version = browser.version();
for (let round = 0; round < rounds; round++) {
  // In turn, so that whatever else the machine does hits all alike.
  for (const [draw, drones] of cases) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 720 }, deviceScaleFactor: 1 });
    page.on("pageerror", (e) => console.error(`${draw}: ${e.message}`));
    await page.goto(`${url}?draw=${draw}&drones=${drones}&seconds=${seconds}`);
    await page.waitForFunction(() => window.warm, undefined, { timeout: 120_000 });
    const cpu0 = cpuSeconds(host.process().pid);
    await page.waitForFunction(() => window.result, undefined, { timeout: 120_000 });
    const cpu1 = cpuSeconds(host.process().pid);
    const r = await page.evaluate(() => window.result);
    if (draw === "own") r.list_ms = await page.evaluate(() => window.list());
    r.cpu_ms = ((cpu1.all - cpu0.all) * 1000) / r.frames;
    r.main_ms = ((cpu1.main - cpu0.main) * 1000) / r.frames;
    results.get(`${draw} ${drones}`).push(r);
    console.log(
      `${draw.padEnd(9)} ${String(drones).padStart(6)}  ${r.fps.toFixed(1).padStart(5)} fps  ` +
        `${r.script_ms.toFixed(2).padStart(6)} ms  p99 ${r.p99_ms.toFixed(1).padStart(5)} ms  main CPU ${r.main_ms.toFixed(1).padStart(5)} ms  all CPU ${r.cpu_ms.toFixed(1).padStart(6)} ms  load ${loadavg()[0].toFixed(1)}`,
    );
    if (process.env.VOLARY_SHOTS)
      await page.screenshot({ path: `${process.env.VOLARY_SHOTS}/bench-${draw}-${drones}.png` });
    await page.close();
  }
}
await browser.close();
await host.close();
await server.close();

const median = (list, key) => {
  const sorted = list.map((r) => r[key]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
};
const names = { own: "Volary's world", three: "three.js, instanced", maplibre: "MapLibre, GeoJSON" };
const rows = cases.map(([draw, drones]) => {
  const list = results.get(`${draw} ${drones}`);
  const mine = results.get(`own ${drones}`) ?? [];
  const fps = median(list, "fps");
  const script = median(list, "script_ms");
  const ratio = (a, b) => (b > 0 && mine.length > 0 ? `${(a / b).toFixed(1)}×` : "–");
  const cpu = median(list, "cpu_ms");
  return `| ${names[draw]} | ${drones.toLocaleString("en")} | ${cpu.toFixed(0)} | ${draw === "own" ? "1" : ratio(cpu, median(mine, "cpu_ms"))} | ${median(list, "main_ms").toFixed(1)} | ${fps.toFixed(1)} | ${script.toFixed(2)} |`;
});
const text = `# How fast the dashboard draws

Written by \`npm run bench\` in \`web/\` on ${new Date().toISOString().slice(0, 10)}: ${rounds} rounds of ${seconds} s each, in turn, medians.
${cpus().length} × ${cpus()[0]?.model.trim() ?? "CPU"}, load ${loadavg()
  .map((l) => l.toFixed(1))
  .join(
    " ",
  )} at the end, Chromium ${version}, SwiftShader (drawing in software), 1280 × 720, samples at 10 Hz.

"Processor time" is that of all of Chromium's processes, divided by the pictures drawn: it says what a picture costs, whatever
else the machine does meanwhile. Two processors to themselves draw 2,000 divided by it a second. Frames a second are what
was left under the load above.

| drawn by | drones | processor time, ms a picture | against ours | of it the main thread, ms | frames/s under this load | script by the wall clock, ms |
|---|---:|---:|---:|---:|---:|---:|
${rows.join("\n")}

Searching, filtering and sorting the list of 10,000 drones takes ${median(results.get("own 10000") ?? [], "list_ms").toFixed(1)} ms (median of 40 in each round).

"Script by the wall clock" is the time spent taking a new sample of the fleet over and preparing the picture. For MapLibre it counts
only handing over the GeoJSON; its own drawing is on top, and its pictures are those it says it rendered. Volary's world draws grid, labels and status shapes besides the
fleet and interpolates between samples; three.js draws cones of one colour each, moved by the CPU; MapLibre draws circles
where the last sample left them.
`;
if (!process.argv.includes("--dry"))
  writeFileSync(fileURLToPath(new URL("../../docs/verification/dashboard.md", import.meta.url)), text);
else console.log(text);
