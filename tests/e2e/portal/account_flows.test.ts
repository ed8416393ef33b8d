// An account on the real server, in a browser, from the first mail to the last click.
import assert from "node:assert/strict";
import { test } from "node:test";
import { addAuthenticator, keepScreenshot } from "./browser.ts";
import { totp } from "./totp.ts";
import { useVisit } from "./visit.ts";

const me = useVisit();

test("the start page is for browsers; programs still get AuthAI's answer", async () => {
  await me.go("/");
  await me.heading(/Let an app use your AI/);
  const answer = await fetch(me.issuer);
  assert.deepEqual(await answer.json(), { ok: true, service: "authai-relay" });
});

test("a person registers by mail", async () => {
  await me.register();
  assert.equal(me.page.url(), `${me.issuer}/verify-email`, "the secret has left the address bar");
  await me.page.getByRole("link", { name: "Continue" }).click();
  await me.heading("Profile");
  await me.page.getByText(me.email).first().waitFor();
  await keepScreenshot(me.page, "flow-registered");
});

test("a used link says so", async () => {
  await me.go(await me.linkOfMail("/verify-email"));
  await me.heading("This link does not work");
});

test("one signs out, and in again with the password only", async () => {
  await me.signOut();
  await me.go("/account/sessions");
  await me.heading("Sign in");
  await me.fill("E-mail", me.email);
  await me.fill("Password", "not the password");
  await me.page.getByRole("button", { name: "Sign in", exact: true }).click();
  await me.page.getByRole("alert").waitFor();
  await me.signIn();
  await me.heading("Sessions");
  await me.page.getByText("this browser").waitFor();
});

test("a passkey is made by the browser, and signs in", async () => {
  await addAuthenticator(me.page);
  await me.go("/account/security");
  await me.click("Add a passkey");
  await me.page.getByRole("heading", { name: /^Chrome on Linux/ }).waitFor();
  await keepScreenshot(me.page, "flow-passkey");
  await me.signOut();
  await me.page.getByRole("link", { name: "Sign in" }).first().click();
  await me.click("Sign in with a passkey");
  await me.heading("Profile");
});

test("two-step sign-in is set up and asked for; a recovery code works once", async () => {
  await me.go("/account/security");
  await me.click("Set up an authenticator app");
  const secret = ((await me.page.getByLabel("key", { exact: true }).textContent()) ?? "").replaceAll(" ", "");
  const now = Date.now();
  await me.fill("Code that the app shows", totp(secret, now));
  await me.click("Turn on");
  await me.page.getByRole("dialog", { name: "Your recovery codes" }).waitFor();
  const codes = await me.page
    .getByRole("list", { name: "Recovery codes" })
    .getByRole("listitem")
    .allTextContents();
  assert.equal(codes.length, 10);
  await me.click("I have kept them");

  for (const isFirst of [true, false]) {
    await me.signOut();
    await me.go("/sign-in");
    await me.signIn();
    await me.page.getByLabel("Code", { exact: true }).fill(codes[0] ?? "");
    await me.click("Continue");
    if (isFirst) await me.heading("Profile");
    else await me.page.getByText(/not right/).waitFor();
  }
  await me.page.getByLabel("Code", { exact: true }).fill(codes[1] ?? "");
  await me.click("Continue");
  await me.heading("Profile");

  await me.go("/account/security");
  await me.page.getByText("You have 8 codes left.").waitFor();
  await me.click("Turn off");
  await me.page.getByRole("dialog").getByRole("button", { name: "Turn off" }).click();
  await me.page.getByRole("button", { name: "Set up an authenticator app" }).waitFor();
});

test("name, password and e-mail are changed, and the data is taken away", async () => {
  await me.go("/account");
  await me.fill("Your name", "Ada Lovelace");
  await me.click("Save name");
  await me.page.getByText("Your name is saved.").waitFor();

  const downloading = me.page.waitForEvent("download");
  await me.page.getByRole("link", { name: "Download your data" }).click();
  assert.equal((await downloading).suggestedFilename(), "account.json");

  await me.go("/account/security");
  await me.fill("Current password", "not the password");
  await me.fill("New password", "a sentence about the mountains");
  await me.click("Change password");
  await me.page.locator("[aria-invalid=true]").waitFor();
  await me.fill("Current password", me.password);
  await me.click("Change password");
  await me.page.getByText("Your password is changed.").waitFor();
  me.password = "a sentence about the mountains";

  await me.go("/account");
  await me.fill("New e-mail", "ada@new.example.org");
  await me.click("Change e-mail");
  await me.page.getByText("We sent a link to").waitFor();
  me.email = "ada@new.example.org";
  await me.go(await me.linkOfMail("/verify-email"));
  await me.heading("Your address is verified");
});

test("a forgotten password is reset by mail", async () => {
  await me.signOut();
  await me.go("/forgot-password");
  await me.fill("E-mail", me.email);
  await me.click("Send the link");
  await me.heading("Check your mail");
  await me.go(await me.linkOfMail("/reset-password"));
  me.password = "another sentence, about a lighthouse";
  await me.fill("New password", me.password);
  await me.click("Set password");
  await me.heading("Your password is changed");
  await me.signOut();
  await me.go("/sign-in");
  await me.signIn();
  await me.heading("Profile");
});

test("an account is deleted, and with it the sign-in", async () => {
  await me.click("Delete account");
  await me.click("Delete for good");
  await me.heading(/Let an app use your AI/);
  await me.go("/sign-in");
  await me.signIn();
  await me.page.getByRole("alert").waitFor();
});

test("no page wrote an error or broke its policy", () => {
  assert.deepEqual(me.complaints, []);
});
