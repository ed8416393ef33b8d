// Apps, devices and builders with the real server, in the browser of a person who has an account.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { keepScreenshot } from "./browser.ts";
import { useVisit } from "./visit.ts";

// The app on this computer that waits for the answer.
let redirectUri = "";
const answers: URL[] = [];
const app = createServer((request, response) => {
  const url = new URL(request.url ?? "/", redirectUri);
  if (url.pathname === "/callback") answers.push(url);
  response.writeHead(200, { "content-type": "text/html" }).end("<title>app</title><h1>Back in the app</h1>");
});
const me = useVisit(async (visit) => {
  await once(app.listen(0, "127.0.0.1"), "listening");
  redirectUri = `http://127.0.0.1:${(app.address() as AddressInfo).port}/callback`;
  await visit.register();
});
after(() => {
  app.close();
  app.closeAllConnections();
});

test("a ChatGPT plan is connected by device code", async () => {
  await me.go("/account/ai");
  await me.page.getByText("It may stop working").first().waitFor();
  await me.click("Connect ChatGPT");
  const dialog = me.page.getByRole("dialog", { name: "Connect ChatGPT" });
  const code = (await dialog.locator(".user-code").textContent()) ?? "";
  await keepScreenshot(me.page, "flow-connect-ai");
  await me.emulator.approve(code);
  await dialog.getByText("ChatGPT is connected.").waitFor();
  await dialog.getByRole("button", { name: "Close" }).click();
  await me.page.getByRole("button", { name: "Disconnect ChatGPT" }).waitFor();
});

// An app on this computer that registers itself, as MCP clients do.
let clientId = "";

async function registerClient(): Promise<string> {
  const response = await fetch(`${me.issuer}/oauth/register`, {
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
    resource: `${me.issuer}/mcp`,
    ...more,
  });
  return `${me.issuer}/oauth/authorize?${query}`;
}

async function answerOfApp(): Promise<URLSearchParams> {
  await me.heading("Back in the app");
  const answer = answers.pop();
  assert.ok(answer);
  return answer.searchParams;
}

test("an app asks for access; one signs in, reads who it is, and allows it with an AI", async () => {
  clientId = await registerClient();
  await me.signOut();
  await me.go(authorizationUrl("openid email ai.use"));
  await me.heading("Sign in to continue to Sketchpad");
  await me.signIn();
  await me.heading(/^Allow Sketchpad access/);
  await me.page.getByText("unverified").waitFor();
  await me.page.getByText("Any program here can claim its name").waitFor();
  await me.page.getByLabel("ChatGPT", { exact: false }).first().check();
  await keepScreenshot(me.page, "flow-consent");
  await me.click("Allow");
  const answer = await answerOfApp();
  assert.equal(answer.get("state"), "s-1");
  assert.equal(answer.get("iss"), me.issuer);
  const token = await fetch(`${me.issuer}/oauth/token`, {
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
  await me.go(authorizationUrl("openid email profile ai.use"));
  await me.heading(/^Allow Sketchpad access/);
  assert.equal(await me.page.getByText("new", { exact: true }).count(), 1);
  await me.click("Deny");
  assert.equal((await answerOfApp()).get("error"), "access_denied");
});

test("an app that asks for a new sign-in gets one", async () => {
  await me.go(authorizationUrl("openid", { prompt: "login" }));
  await me.page.getByText("The app asks you to sign in once more").waitFor();
  assert.equal(await me.page.getByLabel("E-mail", { exact: true }).inputValue(), me.email);
  await me.signIn();
  await me.heading(/^Allow Sketchpad access/);
  await me.click("Allow");
  assert.ok((await answerOfApp()).get("code"));
});

test("what an app may not be told is shown here", async () => {
  await me.go(authorizationUrl("openid", { redirect_uri: "https://evil.example/" }));
  await me.heading("This did not work");
  assert.equal(new URL(me.page.url()).pathname, "/error");
  await me.go(authorizationUrl("openid", { client_id: "nobody" }));
  await me.heading("This did not work");
});

test("a device is connected by its code", async () => {
  const asked = await fetch(`${me.issuer}/oauth/device_authorization`, {
    method: "POST",
    body: new URLSearchParams({ client_id: clientId, scope: "openid" }),
  });
  const device = (await asked.json()) as Record<string, string>;
  assert.equal(asked.status, 200, JSON.stringify(device));
  await me.go(device["verification_uri_complete"] ?? "");
  await me.heading("Connect a device");
  await me.click("Continue");
  await me.page.getByText("Go on only if the device is in front of you").waitFor();
  await keepScreenshot(me.page, "flow-device");
  await me.click("Allow");
  await me.heading("Your device is connected");
  const token = await fetch(`${me.issuer}/oauth/token`, {
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
  await me.go("/account/connections");
  await me.page.getByRole("button", { name: "Remove access of Sketchpad" }).first().waitFor();
  await keepScreenshot(me.page, "flow-connections");
  for (
    let left = await me.page.getByRole("button", { name: /^Remove access of/ }).count();
    left > 0;
    --left
  ) {
    await me.click(/^Remove access of/);
    await me.page.getByRole("dialog").getByRole("button", { name: "Remove access" }).click();
    await me.page.getByRole("dialog").waitFor({ state: "detached" });
  }
  await me.page.getByText("No app has access.").waitFor();
});

test("a builder creates a client with a secret that works, and a resource", async () => {
  await me.go("/apps");
  await me.page.getByRole("link", { name: "Create a client" }).click();
  await me.fill("Name", "Night job");
  await me.page.getByLabel("Secret, in the form").check();
  await me.page.getByLabel("People sign in and consent in a browser").uncheck();
  await me.page.getByLabel("Stays connected").uncheck();
  await me.page.getByLabel("Acts for itself, without a person").check();
  await me.click("Create client");
  await me.heading("Your client is made");
  const id = (await me.page.getByLabel("client id", { exact: true }).textContent()) ?? "";
  const secret = (await me.page.getByLabel("client secret", { exact: true }).textContent()) ?? "";
  const token = await fetch(`${me.issuer}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "client_credentials", client_id: id, client_secret: secret }),
  });
  assert.equal(token.status, 200, await token.text());

  await me.go("/apps/resource");
  await me.fill("Address (URI)", "https://notes.example/mcp");
  await me.fill("Name", "Notes");
  await me.fill("Scope 1", "notes.read");
  await me.fill("What scope 1 allows", "Read your notes");
  await me.click("Register resource");
  await me.heading("Notes");
  await me.go("/apps");
  await me.page.getByRole("link", { name: "Night job" }).click();
  await me.heading("Night job");
  await me.fill("Name", "Night shift");
  await me.click("Save");
  await me.page.getByText("Saved.").waitFor();
  await keepScreenshot(me.page, "flow-client");
});

test("no page wrote an error or broke its policy", () => {
  assert.deepEqual(me.complaints, []);
});
