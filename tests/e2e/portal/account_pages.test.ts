// Every page of a person who is signed in, and what opens over them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isFocused } from "./browser.ts";
import { examine, nameOfPage } from "./examine.ts";
import { usePages } from "./mocked_pages.ts";

const pages = usePages();

const signedIn = [
  "/",
  "/consent?request=web",
  "/consent?request=local",
  "/consent?request=ai",
  "/consent?request=no-ai",
  "/consent?request=hostile",
  "/consent?request=builder",
  "/consent?request=again",
  "/consent?request=other",
  "/device?user_code=WDJBMJHT",
  "/account",
  "/account/security",
  "/account/sessions",
  "/account/connections",
  "/account/ai",
  "/apps",
  "/apps/client",
  "/apps/client?id=cli_notes",
  "/apps/resource",
  "/apps/resource?uri=https%3A%2F%2Fnotes.example%2Fmcp",
];

for (const path of signedIn) {
  test(`signed in, ${path}: for every eye, hand and screen`, async () => {
    const page = await pages.open(path, { signedIn: true });
    await examine(page, nameOfPage("in", path));
    assert.deepEqual(pages.takeComplaints(), []);
    await page.context().close();
  });
}

// What opens over a page.
const dialogues: [name: string, path: string, button: string, shows: string][] = [
  ["delete-account", "/account", "Delete account", "Delete your account?"],
  ["authenticator", "/account/security", "Set up an authenticator app", "Set up an authenticator app"],
  ["rename-passkey", "/account/security", "Rename Laptop", "Rename the passkey"],
  [
    "remove-access",
    "/account/connections",
    "Remove access of Chat Example",
    "Remove access of “Chat Example”?",
  ],
  ["connect-ai", "/account/ai", "Connect Grok", "Connect Grok"],
  ["new-secret", "/apps/client?id=cli_notes", "Make a new secret", "Make a new secret?"],
];
for (const [name, path, button, shows] of dialogues) {
  test(`the dialogue "${shows}" is for everybody, and Escape closes it`, async () => {
    const page = await pages.open(path, { signedIn: true });
    const opener = page.getByRole("button", { name: button, exact: true });
    await opener.click();
    await page.getByRole("dialog", { name: shows }).waitFor();
    await examine(page, `dialogue-${name}`);
    assert.deepEqual(pages.takeComplaints(), []);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.equal(await isFocused(opener), true, "focus goes back");
    await page.context().close();
  });
}
