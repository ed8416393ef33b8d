// What every page must be, whoever looks at it: axe clean in light and dark, with one heading and a title, and not
// wider than a phone or a window at 400 % zoom. Screenshots are kept in build/screenshots.
import assert from "node:assert/strict";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { keepScreenshot } from "./browser.ts";

type Finding = { id: string; help: string; nodes: { html: string }[] };

async function axeFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const run = `axe.run(document, { resultTypes: ["violations"] }).then((result) => result.violations)`;
  const violations = (await page.evaluate(run)) as Finding[];
  return violations.map(
    ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(" | ")}`,
  );
}

const sideways = (page: Page) =>
  page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");

export async function examine(page: Page, name: string): Promise<void> {
  await page.waitForLoadState("networkidle");
  assert.equal(await page.locator("h1").count(), 1, "one h1");
  assert.match(await page.title(), /^.+ · Valetkey$/);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))");
    assert.deepEqual(await axeFindings(page), [], `${name} in ${colorScheme}`);
    await keepScreenshot(page, `${name}-${colorScheme}`);
  }
  // 320 by 256 is what 1280 by 1024 leaves at 400 % (WCAG 2.2, 1.4.10).
  for (const [what, width, height] of [
    ["phone", 375, 700],
    ["zoom", 320, 256],
  ] as const) {
    await page.setViewportSize({ width, height });
    assert.equal(await sideways(page), 0, `${name} scrolls sideways at ${width} pixels`);
    if (what === "phone") await keepScreenshot(page, `${name}-${what}`);
  }
}

export const nameOfPage = (who: string, path: string) =>
  `${who}${path.replace(/[^a-z0-9]+/gi, "-").replace(/-$/, "")}`;
