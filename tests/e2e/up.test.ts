// ./dev up as a newcomer meets it: what it prints, then only what one has from there: a browser, the mail's page, and an MCP client.
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";
import type { Browser, Page } from "playwright-core";
import { Browser as JsonBrowser, freePort } from "../integration/support/oauth_client.ts";
import type { Mail } from "../integration/support/mail_message.ts";
import { McpProvider } from "./oauth/mcp_provider.ts";
import { keepScreenshot, launchBrowser, openPage } from "./portal/browser.ts";

let up: ChildProcess;
let printed = "";
let browser: Browser;
let page: Page;
let complaints: string[];
const directory = mkdtempSync(join(tmpdir(), "valetkey-up-"));

before(async () => {
  const env = { ...process.env, PORT: String(await freePort()), DEV_DIRECTORY: directory };
  up = spawn(process.execPath, [join(import.meta.dirname, "../../tools/up.ts")], { env, stdio: ["ignore", "pipe", "inherit"] });
  up.stdout?.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  browser = await launchBrowser();
  ({ page, complaints } = await openPage(browser));
});
after(async () => {
  await browser?.close();
  if (up.exitCode === null) up.kill("SIGKILL");
  rmSync(directory, { recursive: true, force: true });
});

async function line(wanted: RegExp): Promise<string> {
  for (let i = 0; i < 600; ++i) {
    const found = wanted.exec(printed)?.[1];
    if (found !== undefined) return found;
    assert.equal(up.exitCode, null, printed);
    await sleep(100);
  }
  return assert.fail(`no ${String(wanted)} in:\n${printed}`);
}

const portal = (): Promise<string> => line(/the portal, .*:\n {2}(\S+)/);
const fill = (label: string, value: string): Promise<void> => page.getByLabel(label, { exact: true }).fill(value);

// Where a real client opens a browser and waits for the redirect.
class ChromiumProvider extends McpProvider {
  override async redirectToAuthorization(url: URL): Promise<void> {
    const answered = page.waitForRequest((request) => request.url().startsWith(this.redirectUrl));
    await page.goto(url.href);
    await page.getByRole("heading", { level: 1, name: /^Allow Test client access/ }).waitFor();
    await keepScreenshot(page, "up-consent");
    await page.getByRole("button", { name: "Allow" }).click();
    this.callbacks.push(new URL((await answered).url()));
  }
}

test("it signs in, streams an answer, and says where everything is", async () => {
  const shown = await line(/serving on (\S+), /).then(() => printed);
  assert.match(shown, /signed in at \S+; the provider is the emulator/);
  assert.match(shown, /asking \S+ \(\d+ models\):\n\n\S.{10,}\n/);
  assert.match(shown, /apiKey {2}ey\S+\n/);
});

test("one registers in the portal by the mail that its page shows, and is signed in", async () => {
  await page.goto(`${await portal()}/register`);
  await fill("E-mail", "ada@example.org");
  await fill("Password", "a calm sentence about the sea");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("heading", { level: 1, name: "Check your mail" }).waitFor();
  const mails = (await (await fetch(`${await line(/its mail is at (\S+)/)}mails.json`)).json()) as Mail[];
  const link = /http\S+\/verify-email#token=[\w-]+/.exec(mails[0]?.text ?? "")?.[0];
  assert.ok(link !== undefined, mails[0]?.text);
  assert.ok(link.startsWith(await portal()), link);
  await page.goto(link);
  await page.getByRole("link", { name: "Continue" }).click();
  await page.getByRole("heading", { level: 1, name: "Profile" }).waitFor();
});

test("an MCP client comes from a bare 401 to a tool call; the person only consents", async () => {
  const resource = new URL(await line(/any MCP client may connect to (\S+)/));
  assert.equal((await fetch(resource, { method: "POST" })).status, 401);
  await page.route("http://127.0.0.1:49152/**", (route) => route.fulfill({ body: "Back in the app" }));
  const provider = new ChromiumProvider(new JsonBrowser(resource.origin));
  const connection = () => {
    const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode: "auto" } });
    return { client, transport: new StreamableHTTPClientTransport(resource, { authProvider: provider }) };
  };
  const first = connection();
  await assert.rejects(first.client.connect(first.transport), UnauthorizedError);
  await first.transport.finishAuth(provider.callbacks.at(-1)?.searchParams ?? new URLSearchParams());
  const { client, transport } = connection();
  await client.connect(transport);
  const answer = (await client.callTool({ name: "whoami", arguments: {} })) as { isError?: boolean };
  assert.ok(answer.isError !== true, JSON.stringify(answer));
  await client.close();
  assert.deepEqual(complaints, []);
});

test("Ctrl-C ends it, and everything it started", async () => {
  const ended = once(up, "exit");
  up.kill("SIGINT");
  assert.deepEqual(await ended, [0, null]);
  await assert.rejects(fetch(await portal()));
});
