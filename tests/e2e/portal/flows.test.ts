// The pages and the real server together: what a person does, in a browser, from the first mail to the last click.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { Emulator } from "../../integration/support/emulator.ts";
import { MailSink } from "../../integration/support/mail_sink.ts";
import { freePort } from "../../integration/support/oauth_client.ts";
import { Valetkey } from "../../integration/support/valetkey.ts";
import { keepScreenshot, launchBrowser, openPage } from "./browser.ts";
import { totp } from "./totp.ts";

const email = "ada@example.org";
let password = "a calm sentence about the sea";

let emulator: Emulator;
let sink: MailSink;
let server: Valetkey;
let browser: Browser;
let issuer: string;
let page: Page; // one person's browser, through all tests
let complaints: string[];
let app: Server; // where an app on this computer waits for the answer
let redirectUri: string;
const answers: URL[] = [];

before(async () => {
  [emulator, sink] = await Promise.all([Emulator.start(), MailSink.start()]);
  const port = await freePort();
  issuer = `http://localhost:${port}`; // passkeys need a name, not an address
  server = await Valetkey.start({
    emulatorUrl: emulator.origin,
    env: {
      AUTH_AI_PORT: String(port),
      VALETKEY_OAUTH_ISSUER: issuer,
      VALETKEY_MAIL_SMTP_URL: sink.smtpUrl,
      VALETKEY_MAIL_REQUIRE_TLS: "false",
      VALETKEY_MAIL_SINK_URL: sink.url.replace(/\/$/, ""),
      VALETKEY_SERVER_REGISTRATION_PER_MINUTE: "0",
      VALETKEY_SERVER_PORTAL_PER_MINUTE: "0",
    },
  });
  app = createServer((request, response) => {
    const url = new URL(request.url ?? "/", redirectUri);
    if (url.pathname === "/callback") answers.push(url);
    response
      .writeHead(200, { "content-type": "text/html" })
      .end("<title>app</title><h1>Back in the app</h1>");
  }).listen(0, "127.0.0.1");
  await once(app, "listening");
  redirectUri = `http://127.0.0.1:${(app.address() as AddressInfo).port}/callback`;
  browser = await launchBrowser();
  ({ page, complaints } = await openPage(browser, { viewport: { width: 1100, height: 800 } }));
});

after(async () => {
  await browser?.close();
  await server?.stop();
  await emulator?.stop();
  await sink?.stop();
  app?.close();
});

const heading = (name: string | RegExp) => page.getByRole("heading", { level: 1, name }).waitFor();
const click = (name: string | RegExp) => page.getByRole("button", { name }).first().click();
const fill = (label: string, value: string) => page.getByLabel(label, { exact: true }).fill(value);

async function linkOfMail(path: string): Promise<string> {
  const mail = await sink.waitFor(email, new RegExp(`${path}#token=`));
  const link = new RegExp(`${issuer}${path}#token=[\\w-]+`).exec(mail.text)?.[0];
  assert.ok(link, mail.text);
  return link;
}

async function signIn(): Promise<void> {
  await fill("E-mail", email);
  await fill("Password", password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

async function signOut(): Promise<void> {
  await page.goto(`${issuer}/account`);
  await click("Sign out");
  await page.getByRole("link", { name: "Sign in" }).first().waitFor();
}

test("the start page is for browsers; programs still get AuthAI's answer", async () => {
  await page.goto(issuer);
  await heading(/Let an app use your AI/);
  const answer = await fetch(issuer);
  assert.deepEqual(await answer.json(), { ok: true, service: "authai-relay" });
});

test("a person registers by mail", async () => {
  await page.getByRole("link", { name: "Create an account" }).click();
  await fill("E-mail", email);
  await fill("Name (optional)", "Ada");
  await fill("Password", password);
  await click("Create account");
  await heading("Check your mail");
  assert.equal(await page.getByRole("link", { name: "Read its mail" }).getAttribute("href"), sink.url);
  await page.goto(await linkOfMail("/verify-email"));
  await heading("Your address is verified");
  assert.equal(page.url(), `${issuer}/verify-email`);
  await page.getByRole("link", { name: "Continue" }).click();
  await heading("Profile");
  await page.getByText(email).first().waitFor();
  await keepScreenshot(page, "flow-registered");
});

test("a used link says so", async () => {
  await page.goto(await linkOfMail("/verify-email"));
  await heading("This link does not work");
});

test("one signs out, and in again with the password only", async () => {
  await signOut();
  await page.goto(`${issuer}/account/sessions`);
  await heading("Sign in");
  await fill("E-mail", email);
  await fill("Password", "not the password");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("alert").waitFor();
  await signIn();
  await heading("Sessions");
  await page.getByText("this browser").waitFor();
});

test("a passkey is made by the browser, and signs in", async () => {
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable");
  await session.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      ctap2Version: "ctap2_1",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      hasPrf: true,
    },
  });
  await page.goto(`${issuer}/account/security`);
  await click("Add a passkey");
  await page.getByRole("heading", { name: /^Chrome on Linux/ }).waitFor();
  await keepScreenshot(page, "flow-passkey");
  await signOut();
  await page.getByRole("link", { name: "Sign in" }).first().click();
  await click("Sign in with a passkey");
  await heading("Profile");
});

test("a ChatGPT plan is connected by device code", async () => {
  await page.goto(`${issuer}/account/ai`);
  await page.getByText("It may stop working").first().waitFor();
  await click("Connect ChatGPT");
  const dialog = page.getByRole("dialog", { name: "Connect ChatGPT" });
  const code = (await dialog.locator(".user-code").textContent()) ?? "";
  await keepScreenshot(page, "flow-connect-ai");
  await emulator.approve(code);
  await dialog.getByText("ChatGPT is connected.").waitFor();
  await dialog.getByRole("button", { name: "Close" }).click();
  await page.getByRole("button", { name: "Disconnect ChatGPT" }).waitFor();
});

// An app on this computer that registers itself, as MCP clients do.
let clientId = "";

async function registerClient(): Promise<string> {
  const response = await fetch(`${issuer}/oauth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      client_name: "Sketchpad",
      redirect_uris: [redirectUri],
      application_type: "native",
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
    }),
  });
  assert.equal(response.status, 201);
  return ((await response.json()) as { client_id: string }).client_id;
}

const verifier = randomBytes(32).toString("base64url");

function authorizationUrl(scope: string, more: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    scope,
    state: "s-1",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    resource: `${issuer}/mcp`,
    ...more,
  });
  return `${issuer}/oauth/authorize?${query}`;
}

async function answerOfApp(): Promise<URLSearchParams> {
  await heading("Back in the app");
  const answer = answers.pop();
  assert.ok(answer);
  return answer.searchParams;
}

test("an app asks for access; one signs in, reads who it is, and allows it with an AI", async () => {
  clientId = await registerClient();
  await signOut();
  await page.goto(authorizationUrl("openid email ai.use"));
  await heading("Sign in to continue to Sketchpad");
  await signIn();
  await heading(/^Allow Sketchpad access/);
  await page.getByText("unverified").waitFor();
  await page.getByText("Any program here can claim its name").waitFor();
  await page.getByLabel("ChatGPT", { exact: false }).first().check();
  await keepScreenshot(page, "flow-consent");
  await click("Allow");
  const answer = await answerOfApp();
  assert.equal(answer.get("state"), "s-1");
  assert.equal(answer.get("iss"), issuer);
  const token = await fetch(`${issuer}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code: answer.get("code") ?? "",
      client_id: clientId,
      redirect_uri: redirectUri,
      code_verifier: verifier,
    }),
  });
  const body = (await token.json()) as { access_token?: string };
  assert.equal(token.status, 200, JSON.stringify(body));
  assert.ok(body.access_token);
});

test("asked for more, one sees what is new, and may deny", async () => {
  await page.goto(authorizationUrl("openid email profile ai.use"));
  await heading(/^Allow Sketchpad access/);
  assert.equal(await page.getByText("new", { exact: true }).count(), 1);
  await click("Deny");
  assert.equal((await answerOfApp()).get("error"), "access_denied");
});

test("what an app may not be told is shown here", async () => {
  await page.goto(authorizationUrl("openid", { redirect_uri: "https://evil.example/" }));
  await heading("This did not work");
  assert.equal(new URL(page.url()).pathname, "/error");
  await page.goto(authorizationUrl("openid", { client_id: "nobody" }));
  await heading("This did not work");
});

test("a device is connected by its code", async () => {
  const asked = await fetch(`${issuer}/oauth/device_authorization`, {
    method: "POST",
    body: new URLSearchParams({ client_id: clientId, scope: "openid" }),
  });
  const device = (await asked.json()) as Record<string, string>;
  assert.equal(asked.status, 200, JSON.stringify(device));
  await page.goto(device["verification_uri_complete"] ?? "");
  await heading("Connect a device");
  await click("Continue");
  await page.getByText("Go on only if the device is in front of you").waitFor();
  await keepScreenshot(page, "flow-device");
  await click("Allow");
  await heading("Your device is connected");
  const token = await fetch(`${issuer}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "urn:ietf:params:oauth:grant-type:device_code",
      device_code: device["device_code"] ?? "",
      client_id: clientId,
    }),
  });
  assert.equal(token.status, 200, await token.text());
});

test("access is taken back in the account", async () => {
  await page.goto(`${issuer}/account/connections`);
  await page.getByRole("button", { name: "Remove access of Sketchpad" }).first().waitFor();
  await keepScreenshot(page, "flow-connections");
  for (let left = await page.getByRole("button", { name: /^Remove access of/ }).count(); left > 0; --left) {
    await click(/^Remove access of/);
    await page.getByRole("dialog").getByRole("button", { name: "Remove access" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
  }
  await page.getByText("No app has access.").waitFor();
});

test("two-step sign-in is set up and asked for; a recovery code works once", async () => {
  await page.goto(`${issuer}/account/security`);
  await click("Set up an authenticator app");
  const secret = ((await page.getByLabel("key", { exact: true }).textContent()) ?? "").replaceAll(" ", "");
  const now = Date.now();
  await fill("Code that the app shows", totp(secret, now));
  await click("Turn on");
  await page.getByRole("dialog", { name: "Your recovery codes" }).waitFor();
  const codes = await page
    .getByRole("list", { name: "Recovery codes" })
    .getByRole("listitem")
    .allTextContents();
  assert.equal(codes.length, 10);
  await click("I have kept them");

  for (const isFirst of [true, false]) {
    await signOut();
    await page.goto(`${issuer}/sign-in`);
    await signIn();
    await page.getByLabel("Code", { exact: true }).fill(codes[0] ?? "");
    await click("Continue");
    if (isFirst) await heading("Profile");
    else await page.getByText(/not right/).waitFor();
  }
  await page.getByLabel("Code", { exact: true }).fill(codes[1] ?? "");
  await click("Continue");
  await heading("Profile");

  await page.goto(`${issuer}/account/security`);
  await page.getByText("You have 8 codes left.").waitFor();
  await click("Turn off");
  await page.getByRole("dialog").getByRole("button", { name: "Turn off" }).click();
  await page.getByRole("button", { name: "Set up an authenticator app" }).waitFor();
});

test("a builder creates a client with a secret that works, and a resource", async () => {
  await page.goto(`${issuer}/apps`);
  await page.getByRole("link", { name: "Create a client" }).click();
  await fill("Name", "Night job");
  await page.getByLabel("Secret, in the form").check();
  await page.getByLabel("People sign in and consent in a browser").uncheck();
  await page.getByLabel("Stays connected").uncheck();
  await page.getByLabel("Acts for itself, without a person").check();
  await click("Create client");
  await heading("Your client is made");
  const id = (await page.getByLabel("client id", { exact: true }).textContent()) ?? "";
  const secret = (await page.getByLabel("client secret", { exact: true }).textContent()) ?? "";
  const token = await fetch(`${issuer}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "client_credentials", client_id: id, client_secret: secret }),
  });
  assert.equal(token.status, 200, await token.text());

  await page.goto(`${issuer}/apps/resource`);
  await fill("Address (URI)", "https://notes.example/mcp");
  await fill("Name", "Notes");
  await fill("Scope 1", "notes.read");
  await fill("What scope 1 allows", "Read your notes");
  await click("Register resource");
  await heading("Notes");
  await page.goto(`${issuer}/apps`);
  await page.getByRole("link", { name: "Night job" }).click();
  await heading("Night job");
  await fill("Name", "Night shift");
  await click("Save");
  await page.getByText("Saved.").waitFor();
  await keepScreenshot(page, "flow-client");
});

test("a forgotten password is reset by mail", async () => {
  await signOut();
  await page.goto(`${issuer}/forgot-password`);
  await fill("E-mail", email);
  await click("Send the link");
  await heading("Check your mail");
  await page.goto(await linkOfMail("/reset-password"));
  password = "another sentence, about a lighthouse";
  await fill("New password", password);
  await click("Set password");
  await heading("Your password is changed");
  await page.getByText("Connect them again.").waitFor();
  await signOut();
  await page.goto(`${issuer}/sign-in`);
  await signIn();
  await heading("Profile");
});

test("an account is deleted, and with it the sign-in", async () => {
  await click("Delete account");
  await click("Delete for good");
  await heading(/Let an app use your AI/);
  await page.goto(`${issuer}/sign-in`);
  await signIn();
  await page.getByRole("alert").waitFor();
});

test("no page wrote an error or broke its policy", () => {
  assert.deepEqual(complaints, []);
});
