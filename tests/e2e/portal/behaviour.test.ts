// What the pages do, over the mock: with the keyboard, with errors, with links of strangers.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { mailToken, password, person, totpCode } from "../../../web/dev/mock_data.ts";
import { addAuthenticator, isFocused } from "./browser.ts";
import { usePages } from "./mocked_pages.ts";

const pages = usePages();

const focused = (page: Page) =>
  page.evaluate("document.activeElement.textContent || document.activeElement.name") as Promise<string>;
const pathOf = (page: Page) => new URL(page.url()).pathname + new URL(page.url()).search;
const heading = (page: Page, name: string | RegExp) => page.getByRole("heading", { level: 1, name });

async function tabTo(page: Page, role: "button" | "link" | "textbox", name: string | RegExp): Promise<void> {
  const wanted = page.getByRole(role, { name }).first();
  for (let presses = 0; presses < 40; ++presses) {
    await page.keyboard.press("Tab");
    if (await isFocused(wanted)) return;
  }
  assert.fail(`Tab does not reach ${role} ${String(name)}`);
}

async function signIn(page: Page, secret = password): Promise<void> {
  await page.getByLabel("E-mail").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(secret);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

test("one signs in with the keyboard alone", async () => {
  const page = await pages.open("/sign-in?continue=%2Faccount%2Fsessions");
  await tabTo(page, "textbox", "E-mail");
  await page.keyboard.type(person.email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(password);
  await page.keyboard.press("Enter");
  await heading(page, "Sessions").waitFor();
  assert.equal(pathOf(page), "/account/sessions");
  assert.equal(await focused(page), "Sessions", "the focus is on the heading of the new page");
  assert.deepEqual(pages.takeComplaints(), []);
});

test("one consents, or denies, with the keyboard alone", async () => {
  for (const [button, decision] of [
    ["Allow", "approve"],
    ["Deny", "deny"],
  ] as const) {
    const page = await pages.open("/consent?request=web", { signedIn: true });
    await heading(page, "Allow Sketchpad access to Notes?").waitFor();
    await tabTo(page, "button", button);
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/error?code=access_denied&of=web&decided=${decision}`);
    await page.context().close();
  }
});

test("the first Tab offers to skip to the content", async () => {
  const page = await pages.open("/account", { signedIn: true });
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "Skip to content");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate("document.activeElement.id"), "main");
});

test("an error is tied to its field, and the first wrong field has the focus", async () => {
  const page = await pages.open("/register");
  await page.getByRole("button", { name: "Create account" }).click();
  const email = page.getByLabel("E-mail");
  assert.equal(await email.getAttribute("aria-invalid"), "true");
  assert.equal(await isFocused(email), true);
  const described = await email.getAttribute("aria-describedby");
  assert.equal(await page.locator(`[id="${described}"]`).textContent(), "Enter your e-mail address.");
  assert.deepEqual(pages.world.calls, [], "nothing was sent");

  await email.fill("new@example.com");
  await page.getByLabel("Password", { exact: true }).fill("short");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByText("Use at least 8 characters.").waitFor();
  assert.equal(await page.getByLabel("Password", { exact: true }).getAttribute("aria-invalid"), "true");
});

test("a wrong sign-in is told at once, and too many say how long to wait", async () => {
  const page = await pages.open("/sign-in");
  await signIn(page, "wrong");
  await page.getByRole("alert").filter({ hasText: "The e-mail or the password is wrong." }).waitFor();
  await page.getByLabel("E-mail").fill("busy@example.com");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("alert").filter({ hasText: "Try again in 40 seconds." }).waitFor();
});

test("the second factor is asked for after the password, and after a reload too", async () => {
  const page = await pages.open("/sign-in", { world: (world) => (world.totp = true) });
  await signIn(page);
  await page.getByLabel("Code").fill("000000");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByText("This code is wrong, or was used already.").waitFor();
  await page.reload();
  await page.getByLabel("Code").fill(totpCode);
  await page.getByRole("button", { name: "Continue" }).click();
  await heading(page, "Profile").waitFor();
});

const foreign = [
  "https://evil.example/",
  "//evil.example",
  "/\\evil.example",
  "\\\\evil.example",
  "javascript:alert(1)",
  "/\t/evil.example",
  "/%0d/evil",
  "evil",
];
for (const target of foreign) {
  test(`after sign-in nobody is sent to ${JSON.stringify(target)}`, async () => {
    const page = await pages.open(`/sign-in?continue=${encodeURIComponent(target)}`);
    await signIn(page);
    await page.waitForURL((url) => url.pathname !== "/sign-in");
    const url = new URL(page.url());
    assert.equal(url.origin, pages.mock.url);
    assert.ok(["/account", "/%0d/evil"].includes(url.pathname), url.pathname);
    await page.context().close();
  });
}

test("a page of the account sends strangers to sign-in, and back", async () => {
  const page = await pages.open("/account/security");
  await heading(page, "Sign in").waitFor();
  assert.equal(pathOf(page), "/sign-in?continue=%2Faccount%2Fsecurity");
  await signIn(page);
  await heading(page, "Security").waitFor();
});

for (const signedIn of [false, true]) {
  test(`the secret of a mail's link leaves the address bar, and is sent once${signedIn ? ", signed in too" : ""}`, async () => {
    const page = await pages.open(`/verify-email#token=${mailToken}`, { signedIn });
    await heading(page, "Your address is verified").waitFor();
    assert.equal(page.url(), `${pages.mock.url}/verify-email`);
    assert.deepEqual(pages.bodiesOf("verify-email"), [{ token: mailToken }]);
  });
}

test("registration in the middle of consent leads back to it", async () => {
  const page = await pages.open("/consent?request=web");
  await page.getByRole("link", { name: "Create an account" }).click();
  await page.getByLabel("E-mail").fill("new@example.com");
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Create account" }).click();
  await heading(page, "Check your mail").waitFor();
  await page.goto(`${pages.mock.url}/verify-email#token=${mailToken}`);
  await page.getByRole("link", { name: "Continue" }).click();
  await heading(page, "Allow Sketchpad access to Notes?").waitFor();
});

test("consent shows who asks, and sends what was left ticked", async () => {
  const page = await pages.open("/consent?request=web", { signedIn: true });
  await page.getByText("unverified").waitFor();
  await page.getByText("sketch.example", { exact: true }).waitFor();
  assert.equal(await page.getByText("new", { exact: true }).count(), 2, "what was granted before is not new");
  await page.getByLabel("Change your notes").uncheck();
  await page.getByRole("button", { name: "Allow" }).click();
  await page.waitForURL("**/error**");
  assert.deepEqual(pages.bodiesOf("authorization/web"), [
    { decision: "approve", scopes: ["notes.read", "offline_access"] },
  ]);
});

test("consent for an app on this computer warns, and a builder's app is named as one", async () => {
  let page = await pages.open("/consent?request=local", { signedIn: true });
  await page.getByText("Any program here can claim its name").waitFor();
  await page.getByText("code.example", { exact: true }).waitFor();
  await page.getByText("127.0.0.1", { exact: true }).waitFor();
  page = await pages.open("/consent?request=builder", { signedIn: true });
  await page.getByText("registered by a builder of this server").waitFor();
  assert.equal(await page.getByText("unverified").count(), 0);
});

test("consent lets choose the AI, or none", async () => {
  for (const [label, ai] of [
    [/^ChatGPT/, { ai: "ai_1" }],
    ["None", {}],
  ] as const) {
    const page = await pages.open("/consent?request=ai", { signedIn: true });
    await page.getByLabel(label).check();
    await page.getByRole("button", { name: "Allow" }).click();
    await page.waitForURL("**/error**");
    assert.deepEqual(pages.bodiesOf("authorization/ai"), [
      { decision: "approve", scopes: ["ai.use"], ...ai },
    ]);
    await page.context().close();
  }
});

test("a hostile name neither turns the text around nor brings a link of its own", async () => {
  const page = await pages.open("/consent?request=hostile", { signedIn: true });
  const text = (await heading(page, /^Allow Your bank/).textContent()) ?? "";
  assert.ok(!text.includes("\u202e"));
  assert.ok([...text].length < 100);
  assert.equal(await page.locator("a[href^='javascript']").count(), 0);
});

test("the error page shows nothing of its URL but known words", async () => {
  const page = await pages.open("/error?code=Call+0900-123&message=Your+account+is+locked.+Call+0900-123");
  const text = (await page.locator("body").textContent()) ?? "";
  assert.ok(!text.includes("0900") && !text.includes("locked"));
  await page.goto(`${pages.mock.url}/error?code=constructor`);
  await page.getByText("The app's request could not be answered.").waitFor();
});

test("a device is connected by its code", async () => {
  const page = await pages.open("/device", { signedIn: true });
  await page.getByLabel("Code").fill("xxxx-yyyy");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByText("This code is unknown or over.").waitFor();
  await page.getByLabel("Code").fill("wdjb mjht");
  assert.equal(await page.getByLabel("Code").inputValue(), "WDJB-MJHT");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByText("Go on only if the device is in front of you").waitFor();
  await page.getByRole("button", { name: "Allow" }).click();
  await heading(page, "Your device is connected").waitFor();
  assert.equal(pages.bodiesOf("device/dev_1").length, 1);
});

test("a change that needs a recent sign-in asks for it, and goes on", async () => {
  const page = await pages.open("/account", { signedIn: true, world: (world) => (world.fresh = false) });
  await page.getByLabel("New e-mail").fill("ada@new.example");
  await page.getByRole("button", { name: "Change e-mail" }).click();
  const dialog = page.getByRole("dialog", { name: "Confirm that it is you" });
  await dialog.getByLabel("Password", { exact: true }).fill("wrong");
  await dialog.getByRole("button", { name: "Confirm" }).click();
  await dialog.getByText("The e-mail or the password is wrong.").waitFor();
  await dialog.getByLabel("Password", { exact: true }).fill(password);
  await dialog.getByRole("button", { name: "Confirm" }).click();
  await page.getByText("We sent a link to ada@new.example").waitFor();
  assert.equal(pages.bodiesOf("account/email").length, 2);
});

test("who cancels the question has changed nothing", async () => {
  const page = await pages.open("/account", { signedIn: true, world: (world) => (world.fresh = false) });
  await page.getByRole("button", { name: "Delete account" }).click();
  await page.getByRole("button", { name: "Delete for good" }).click();
  await page
    .getByRole("dialog", { name: "Confirm that it is you" })
    .getByRole("button", { name: "Cancel" })
    .click();
  assert.equal(await page.getByRole("alert").count(), 0);
  assert.notEqual(pages.world.person, null);
});

test("a CSRF token that another tab made old is renewed without a word", async () => {
  const page = await pages.open("/account", { signedIn: true });
  pages.world.csrf = "csrf-77";
  await page.getByLabel("Your name").fill("Ada L.");
  await page.getByRole("button", { name: "Save name" }).click();
  await page.getByText("Your name is saved.").waitFor();
});

test("two-step sign-in is set up, with a picture drawn here and codes shown once", async () => {
  const page = await pages.open("/account/security", { signedIn: true });
  await page.getByRole("button", { name: "Set up an authenticator app" }).click();
  await page.getByRole("img", { name: "QR code of the key below" }).waitFor();
  await page.getByLabel("Code that the app shows").fill("123 456");
  await page.getByRole("button", { name: "Turn on" }).click();
  await page.getByRole("dialog", { name: "Your recovery codes" }).waitFor();
  assert.equal(await page.getByRole("list", { name: "Recovery codes" }).getByRole("listitem").count(), 10);
  await page.getByRole("button", { name: "I have kept them" }).click();
  await page.getByText("Two-step sign-in is on.").waitFor();
});

test("an AI is connected by device code, which the page waits for", async () => {
  const page = await pages.open("/account/ai", { signedIn: true });
  await page.getByRole("button", { name: "Connect Grok" }).click();
  const dialog = page.getByRole("dialog", { name: "Connect Grok" });
  await dialog.getByText("WDJB-MJHT").first().waitFor();
  await dialog.getByText("Grok is connected.").waitFor();
  await dialog.getByRole("button", { name: "Close" }).click();
  await page.getByRole("button", { name: "Disconnect Grok" }).waitFor();
});

test("access is taken back, a browser is signed out", async () => {
  let page = await pages.open("/account/connections", { signedIn: true });
  await page.getByRole("button", { name: "Remove access of Chat Example" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove access" }).click();
  await page.getByRole("heading", { name: /^Chat Example/ }).waitFor({ state: "detached" });
  page = await pages.open("/account/sessions", { signedIn: true });
  await page.getByRole("button", { name: "Sign out Safari on iOS" }).click();
  await page.getByText("Safari on iOS").first().waitFor({ state: "detached" });
});

test("a builder creates a client and sees its secret once", async () => {
  const page = await pages.open("/apps/client", { signedIn: true });
  await page.getByLabel("Name", { exact: true }).fill("My app");
  await page.getByLabel("Secret, in the Authorization header").check();
  await page
    .getByLabel("Redirect URIs", { exact: true })
    .fill("https://a.example/cb\n\n https://b.example/cb ");
  await page.getByRole("button", { name: "Create client" }).click();
  await heading(page, "Your client is made").waitFor();
  await page.getByText(/^vks_/).waitFor();
  const [sent] = pages.bodiesOf("apps/clients");
  assert.deepEqual(sent?.["redirect_uris"], ["https://a.example/cb", "https://b.example/cb"]);
  await page.getByRole("link", { name: "Done" }).click();
  await page.getByRole("link", { name: "My app" }).click();
  await heading(page, "My app").waitFor();
  assert.equal(await page.getByText(/^vks_/).count(), 0);
});

// A passkey made by the browser's virtual authenticator, and used.
for (const [which, script] of [
  ["the browser's own", ""],
  [
    "our own",
    "delete PublicKeyCredential.parseCreationOptionsFromJSON;" +
      "delete PublicKeyCredential.parseRequestOptionsFromJSON;" +
      "delete PublicKeyCredential.prototype.toJSON;",
  ],
] as const) {
  test(`a passkey is made and used with ${which} conversion, and its PRF output is sent`, async () => {
    const page = await pages.open("/account/security", { signedIn: true });
    await addAuthenticator(page);
    if (script) await page.evaluate(script);
    await page.getByRole("button", { name: "Add a passkey" }).click();
    await page.getByRole("heading", { name: /^Chrome on Linux/ }).waitFor();
    const made = pages.bodiesOf("account/passkeys")[0]?.["credential"] as Record<
      string,
      Record<string, unknown>
    >;
    assert.match(String(made["response"]?.["attestationObject"]), /^[\w-]{100,}$/);
    assert.match(String(made["response"]?.["clientDataJSON"]), /^[\w-]{50,}$/);
    assert.deepEqual((made["clientExtensionResults"]?.["prf"] as Record<string, unknown>)["enabled"], true);

    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("link", { name: "Sign in" }).first().click();
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await heading(page, "Profile").waitFor();
    const used = pages.bodiesOf("sign-in/passkey")[0] as Record<
      string,
      Record<string, Record<string, unknown>>
    >;
    assert.equal(used["id"], made["id"]);
    assert.match(String(used["response"]?.["signature"]), /^[\w-]{50,}$/);
    assert.equal(used["response"]?.["userHandle"], "cGVyXzE");
    const prf = used["clientExtensionResults"]?.["prf"]?.["results"] as Record<string, unknown>;
    assert.match(String(prf["first"]), /^[\w-]{43}$/, "32 bytes");
  });
}
