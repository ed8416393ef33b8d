// Every page that a person sees before signing in, and what a page may weigh.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { mailToken } from "../../../web/dev/mock_data.ts";
import { firstPageLimit } from "../../../tools/embed_web.ts";
import { examine, nameOfPage } from "./examine.ts";
import { usePages } from "./mocked_pages.ts";

const pages = usePages();

const signedOut = [
  "/",
  "/sign-in",
  "/register",
  "/forgot-password",
  "/reset-password#token=x",
  `/verify-email#token=${mailToken}`,
  "/verify-email#token=old",
  "/consent?request=web",
  "/consent?request=gone",
  "/device",
  "/error?code=invalid_target",
  "/no-such-page",
];
for (const path of signedOut) {
  test(`signed out, ${path}: for every eye, hand and screen`, async () => {
    const page = await pages.open(path, { signedIn: false });
    await examine(page, nameOfPage("out", path));
    assert.deepEqual(pages.takeComplaints(), []);
    await page.context().close();
  });
}

test("no page weighs more than 120 KB, compressed and in all", async () => {
  const sizes = JSON.parse(readFileSync(join(pages.folder, "sizes.json"), "utf8")) as Record<string, number>;
  assert.ok(Object.keys(sizes).length >= 17);
  for (const [page, bytes] of Object.entries(sizes)) {
    assert.ok(bytes > 10_000 && bytes < firstPageLimit, `${page}: ${bytes} bytes`);
  }
});

test("a page loads its own code and no other page's", async () => {
  const page = await pages.open("/sign-in");
  const loaded = (await page.evaluate(
    "performance.getEntriesByType('resource').map((entry) => entry.name)",
  )) as string[];
  assert.ok(loaded.some((name) => /\/sign_in-/.test(name)));
  for (const other of ["security", "app_client", "consent", "home"]) {
    assert.ok(!loaded.some((name) => name.includes(`/assets/${other}-`)), other);
  }
  await page.context().close();
});
