// Runs checks one after the other, each on a page of its own, and counts them.
import { strict as assert } from "node:assert";
import { mkdirSync } from "node:fs";
import { openPage } from "./browser.mjs";

/** A check that could not be made, and why. */
export class Skip extends Error {}

export class Checks {
  passed = 0;
  failed = 0;
  skipped = 0;
  /** Errors that pages of this run may note. */
  expected = [];
  #shots = process.env.VOLARY_SHOTS;
  #only = process.env.VOLARY_ONLY ? new RegExp(process.env.VOLARY_ONLY) : undefined;

  constructor(browser) {
    this.browser = browser;
    if (this.#shots) mkdirSync(this.#shots, { recursive: true });
  }

  async check(name, url, body, options = {}) {
    if (this.#only && !this.#only.test(name)) return;
    const { context, page, notes } = await openPage(this.browser, url, options);
    page.setDefaultTimeout(30_000);
    const shot = (file) =>
      this.#shots ? page.screenshot({ path: `${this.#shots}/${file}.png` }) : undefined;
    try {
      const said = await body({ page, notes, shot });
      const errors = notes.errors.filter((e) => !this.expected.some((r) => r.test(e)));
      assert.deepEqual(errors, [], "errors on the page");
      assert.deepEqual(notes.otherHosts, [], "requests to other hosts");
      this.passed++;
      console.log(`ok    ${name}${said ? `: ${said}` : ""}`);
    } catch (e) {
      if (e instanceof Skip) {
        this.skipped++;
        console.log(`skip  ${name}: ${e.message}`);
      } else {
        this.failed++;
        const text = String(e.message ?? e)
          .split("\n")
          .slice(0, 14)
          .join("\n      ");
        console.log(`FAIL  ${name}\n      ${text}`);
        if (this.#shots)
          await page.screenshot({ path: `${this.#shots}/failed-${this.failed}.png` }).catch(() => {});
      }
    }
    await context.close();
  }

  /** Prints the sum; answers the exit code. */
  done() {
    console.log(`${this.passed} passed, ${this.failed} failed, ${this.skipped} skipped`);
    return this.failed > 0 ? 1 : 0;
  }
}

/** Presses a button until it has acted; how long that takes is the button's own affair. */
export async function holdDown(page, button) {
  await button.scrollIntoViewIfNeeded();
  const box = await button.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  const el = await button.elementHandle();
  await page.waitForFunction((b) => b.classList.contains("holding"), el);
  await page.waitForFunction((b) => !b.isConnected || !b.classList.contains("holding"), el);
  await page.mouse.up();
}

export async function selectByTyping(page, text) {
  await page.keyboard.press("/");
  await page.keyboard.type(text);
  await page.keyboard.press("Enter");
}

/** Waits until the inspector is about what is expected. */
export const about = (page, text) => page.locator(".inspector h2", { hasText: text }).waitFor();
