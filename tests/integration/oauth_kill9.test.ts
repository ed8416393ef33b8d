// Kill -9 in the middle of code redemptions and refresh rotations: whoever asked can always go on, and nothing doubles.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, test } from "node:test";
import { Browser, freePort } from "./support/oauth_client.ts";
import { MailSink } from "./support/mail_sink.ts";
import { Valetkey } from "./support/valetkey.ts";

const ROUNDS = 12;
const CHAINS = 6;
const REDIRECT = "https://app.example/callback";

type Tokens = { status: number; refresh: string; access: string; error: string };

const directory = mkdtempSync(join(tmpdir(), "valetkey-kill9-"));
const secrets = { jwt: randomBytes(32).toString("hex"), identity: randomBytes(32).toString("hex") };
let sink: MailSink;
let issuer: string;
let server: Valetkey;
let person: Browser;
let clientId: string;

async function startServer(): Promise<Valetkey> {
  return await Valetkey.start({
    emulatorUrl: "http://127.0.0.1:9",
    directory,
    secrets,
    env: {
      AUTH_AI_PORT: new URL(issuer).port,
      VALETKEY_OAUTH_ISSUER: issuer,
      VALETKEY_MAIL_SMTP_URL: sink.smtpUrl,
      VALETKEY_MAIL_REQUIRE_TLS: "false",
      VALETKEY_SERVER_REGISTRATION_PER_MINUTE: "0",
      VALETKEY_SERVER_PORTAL_PER_MINUTE: "0",
    },
  });
}

// Nothing: the server was gone before it had answered.
async function ask(form: Record<string, string>): Promise<Tokens | undefined> {
  try {
    const response = await fetch(`${issuer}/oauth/token`, { method: "POST", body: new URLSearchParams({ client_id: clientId, ...form }) });
    const body = (await response.json()) as Record<string, unknown>;
    const text = (name: string): string => String(body[name] ?? "");
    return { status: response.status, refresh: text("refresh_token"), access: text("access_token"), error: text("error") };
  } catch {
    return undefined;
  }
}

const rotate = (token: string): Promise<Tokens | undefined> => ask({ grant_type: "refresh_token", refresh_token: token });

async function freshCode(): Promise<Record<string, string>> {
  const verifier = randomBytes(32).toString("base64url");
  const url = new URL(`${issuer}/oauth/authorize`);
  url.search = new URLSearchParams({
    response_type: "code",
    client_id: clientId,
    redirect_uri: REDIRECT,
    scope: "openid",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  }).toString();
  const redirect = await person.authorize(url.href);
  return { grant_type: "authorization_code", code: redirect.searchParams.get("code") ?? "", code_verifier: verifier, redirect_uri: REDIRECT };
}

async function killAfter(ms: number): Promise<void> {
  await sleep(ms);
  await server.stop("SIGKILL");
}

before(async () => {
  sink = await MailSink.start();
  issuer = `http://127.0.0.1:${await freePort()}`;
  server = await startServer();
  person = new Browser(issuer);
  await person.register("ada@example.org", "a long sentence of words", sink);
  const registered = await fetch(`${issuer}/oauth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ client_name: "App", redirect_uris: [REDIRECT] }),
  });
  clientId = String(((await registered.json()) as Record<string, unknown>)["client_id"]);
});

after(async () => {
  await server.stop();
  await sink.stop();
  rmSync(directory, { recursive: true, force: true });
});

test("a refresh token that was being rotated gives the same successor, or its first, after the restart", async () => {
  const held: string[] = [];
  for (let i = 0; i < CHAINS; i++) held.push((await ask(await freshCode()))?.refresh ?? "");
  for (let round = 0; round < ROUNDS; round++) {
    let killed = false;
    const chains = held.map(async (first, i) => {
      for (let token: string | undefined = first; token !== undefined && !killed; ) {
        const answer = await rotate(token);
        assert.ok(answer === undefined || answer.status === 200, `round ${round}: ${answer?.error}`);
        token = answer?.refresh;
        if (token !== undefined) held[i] = token;
      }
    });
    await killAfter(30 + Math.random() * 120);
    killed = true;
    await Promise.all(chains);
    server = await startServer();
    for (const [i, token] of held.entries()) {
      const [one, another] = await Promise.all([rotate(token), rotate(token)]);
      assert.equal(one?.status, 200, `round ${round}: the client cannot go on: ${one?.error}`);
      assert.equal(one?.refresh, another?.refresh, "one successor");
      held[i] = one?.refresh ?? "";
    }
  }
});

test("a code that was being redeemed is good once in all, and a new one can always be had", async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const form = await freshCode();
    const asked = [ask(form), ask(form), ask(form)];
    await killAfter(Math.random() * 12);
    const before = await Promise.all(asked);
    server = await startServer();
    const again = [await ask(form), await ask(form)];
    const won = [...before, ...again].filter((answer) => answer?.status === 200);
    assert.ok(won.length <= 1, `round ${round}: redeemed ${won.length} times`);
    for (const answer of again) assert.ok(answer?.status === 200 || answer?.error === "invalid_grant");
    // The second use ended what the first got.
    for (const answer of won) assert.equal((await rotate(answer?.refresh ?? ""))?.error, "invalid_grant");
    assert.equal((await ask(await freshCode()))?.status, 200, "a new code can be had and redeemed");
  }
});
