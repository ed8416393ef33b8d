// A whole session with every provider; afterwards no secret of it is in the store, the log, the metrics or anybody's errors.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Emulator, type RecordedRequest } from "./support/emulator.ts";
import { bearer, chat, whoami } from "./support/answers.ts";
import { claimsOf } from "./support/passes.ts";
import { pollOnce, pollUntilDone, startSignIn, type Provider } from "./support/sign_in.ts";
import { Valetkey } from "./support/valetkey.ts";

const MODELS: Record<Provider, string> = { openai: "gpt-5.5", xai: "grok-4.5", github: "gpt-4.1" };
const PROVIDERS: Provider[] = ["openai", "xai", "github"];

// ---- the search

type Needle = { what: string; bytes: Buffer };

// A value within a longer text in base64 has one of three shapes, by its place; what its neighbours share is left out.
function inBase64(bytes: Buffer): string[] {
  return [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64").replace(/=+$/, "");
    const partial = (shift + bytes.length) % 3 === 0 ? 0 : 1;
    return text.slice(Math.ceil((shift * 8) / 6), text.length - partial);
  });
}

function shapesOf(bytes: Buffer): Buffer[] {
  const texts = new Set<string>();
  for (const text of inBase64(bytes)) texts.add(text).add(text.replaceAll("+", "-").replaceAll("/", "_"));
  texts.add(bytes.toString("hex")).add(bytes.toString("hex").toUpperCase());
  return [bytes, ...[...texts].map((text) => Buffer.from(text, "latin1"))];
}

function findAll(needles: Needle[], hay: Map<string, Buffer>): string[] {
  const found: string[] = [];
  for (const { what, bytes } of needles) {
    const shapes = shapesOf(bytes);
    for (const [place, content] of hay) {
      for (const shape of shapes) {
        const at = content.indexOf(shape);
        if (at >= 0) found.push(`${what} in ${place}: ...${content.subarray(Math.max(0, at - 60), at).toString("latin1")}<HERE>`);
      }
    }
  }
  return found;
}

class Secrets {
  readonly needles = new Map<string, Needle>();

  add(what: string, value: string | Buffer | undefined): void {
    if (value === undefined) return;
    const bytes = Buffer.from(value as string);
    if (bytes.length < 8) return; // would be found by chance
    this.needles.set(bytes.toString("hex"), { what, bytes });
  }

  // A token, and if it is a JWT its signature: a token cut short is a leak too.
  addToken(what: string, token: string): void {
    this.add(what, token);
    const parts = token.split(".");
    if (parts.length === 3 && token.startsWith("ey")) {
      this.add(`${what}'s signature`, parts[2]);
      this.add(`${what}'s payload`, parts[1]);
    }
  }

  count(what: string): number {
    return [...this.needles.values()].filter((needle) => needle.what === what).length;
  }
}

const secrets = new Secrets();
const errors = new Map<string, Buffer>(); // of every client, each with what it was
const markers = {
  prompt: `PromptMarker${randomBytes(8).toString("hex")}`,
  answer: `AnswerMarker${randomBytes(8).toString("hex")}`,
  system: `SystemMarker${randomBytes(8).toString("hex")}`,
  city: `CityMarker${randomBytes(8).toString("hex")}`,
  upstream: `UpstreamMarker${randomBytes(8).toString("hex")}`,
};

let emulator: Emulator;
let server: Valetkey;
let directory: string;
const running = new Map<string, Buffer>();

// ---- what the upstreams saw

const FIELDS: Record<string, string> = {
  refresh_token: "refresh token",
  token: "revoked token",
  device_code: "device code",
  device_auth_id: "device code",
  code: "authorization code",
  code_verifier: "upstream code verifier",
};

function takeRecord(record: RecordedRequest): void {
  for (const [name, value] of record.headers) {
    const header = name.toLowerCase();
    if (header === "authorization") {
      secrets.addToken(record.upstream === "copilot" ? "Copilot token" : "access token", value.replace(/^\S+\s+/, ""));
    }
    if (header === "chatgpt-account-id") secrets.add("account id", value);
  }
  if (!["auth.openai", "auth.x", "github"].includes(record.upstream) || record.body === undefined) return;
  const fields = record.body.startsWith("{")
    ? Object.entries(JSON.parse(record.body) as Record<string, unknown>)
    : [...new URLSearchParams(record.body)];
  for (const [name, value] of fields) {
    const what = FIELDS[name];
    if (what !== undefined && typeof value === "string") secrets.addToken(what, value);
  }
}

function takePass(pass: string): void {
  secrets.addToken("session JWT", pass);
  const claims = claimsOf(pass);
  secrets.add("claim k", claims.k);
  secrets.add("claim k, raw", Buffer.from(claims.k, "base64url"));
}

function everyFile(prefix: string): Map<string, Buffer> {
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((name) => statSync(join(directory, name)).isFile());
  return new Map(files.map((name) => [`${prefix}${name}`, readFileSync(join(directory, name))]));
}

// ---- the session

async function refused(what: string, status: number, answer: Promise<Response>): Promise<void> {
  const response = await answer;
  const body = await response.text();
  errors.set(`error: ${what}`, Buffer.from(`${JSON.stringify([...response.headers])}\n${body}`));
  assert.equal(response.status, status, `${what}: ${body}`);
}

function post(path: string, pass: string, body: object, signal?: AbortSignal): Promise<Response> {
  return fetch(server.url + path, {
    method: "POST",
    headers: { ...bearer(pass), "content-type": "application/json" },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
}

async function text(answer: Promise<Response>): Promise<string> {
  const response = await answer;
  const body = await response.text();
  assert.equal(response.status, 200, body);
  return body;
}

async function enter(provider: Provider): Promise<string> {
  const verifier = randomBytes(32).toString("base64url");
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  const started = await startSignIn(server.url, provider, { code_challenge: challenge, code_challenge_method: "S256" });
  secrets.add("session id", started.sessionId);
  secrets.add("session id, raw", Buffer.from(started.sessionId.replaceAll("-", ""), "hex"));
  secrets.add("code verifier", verifier);
  secrets.add("code verifier, raw", Buffer.from(verifier, "base64url"));
  assert.equal((await pollOnce(server.url, started.sessionId, verifier)).status, "pending");
  await refused(`${provider}: a thief polls`, 400, fetch(`${server.url}/auth/poll/${started.sessionId}`));
  await emulator.approve(started.userCode);
  const done = await pollUntilDone(server.url, started.sessionId, verifier);
  assert.equal(done.status, "complete", JSON.stringify(done));
  takePass(done.jwt ?? "");
  return done.jwt ?? "";
}

const tool = { name: "get_weather", parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] } };

async function talk(provider: Provider, pass: string): Promise<void> {
  const model = MODELS[provider];
  const prompt = { model, messages: [{ role: "system", content: `Be kind. ${markers.system}` }, { role: "user", content: `say exactly: ${markers.answer}` }] };
  assert.equal((await whoami(server.url, pass)).status, 200);
  await text(fetch(`${server.url}/v1/models`, { headers: bearer(pass) }));
  assert.ok((await text(post("/v1/chat/completions", pass, prompt))).includes(markers.answer));
  assert.match(await text(post("/v1/chat/completions", pass, { ...prompt, stream: true })), /\[DONE\]/);
  assert.ok((await text(post("/v1/responses", pass, { model, input: `say exactly: ${markers.answer}` }))).includes(markers.answer));
  assert.match(await text(post("/v1/responses", pass, { model, input: markers.prompt, stream: true })), /response\.completed/);
  const call = { ...prompt, messages: [{ role: "user", content: `What is the weather in "${markers.city}"?` }], tools: [{ type: "function", function: tool }] };
  assert.match(await text(post("/v1/chat/completions", pass, call)), /get_weather/);
}

async function stumble(provider: Provider, pass: string): Promise<void> {
  const model = MODELS[provider];
  const upstream = ({ openai: "chatgpt", xai: "api.x", github: "copilot" } as const)[provider];
  const before = (await emulator.state()).tokens;
  for (let round = 0; round < 2; round++) {
    // A GitHub token has no refresh token: there it is the Copilot token that is refused.
    if (provider === "github") await emulator.script({ fault: "A8.token_expired", upstream });
    else await emulator.invalidateAccessTokens();
    const again = await chat(server.url, pass, model, markers.prompt);
    assert.equal(again.status, 200, `${provider} after a refused bearer: ${await again.text()}`);
  }
  const now = (await emulator.state()).tokens;
  assert.ok(now.refreshes + now.copilot_exchanges > before.refreshes + before.copilot_exchanges, `${provider} refreshed nothing`);

  for (const [fault, parameters] of [
    ["H2.error", { status: 500, body: "json" }],
    ["H2.error", { status: 500, body: "html" }],
    ["http.answer", { status: 500, headers: {}, body: `{"error":{"message":"${markers.upstream}"}}` }],
    ["H8.echo", {}], // the bearer itself, in a 200 of no known form
  ] as const) {
    await emulator.clearScenarios();
    await emulator.script({ fault, upstream, always: true, parameters });
    const answer = await chat(server.url, pass, model, markers.prompt);
    errors.set(`error: ${provider} ${fault} ${JSON.stringify(parameters).slice(0, 30)}`, Buffer.from(await answer.text()));
    assert.ok(answer.status >= 500, `${provider} ${fault}: ${answer.status}`);
  }
  await emulator.clearScenarios();
  const refusal = await chat(server.url, pass, model, markers.prompt, { n: 3 });
  errors.set(`error: ${provider} refused parameter`, Buffer.from(await refusal.text()));
  assert.equal(refusal.status, 400);
  await refused(`${provider}: no JSON`, 400, fetch(`${server.url}/v1/chat/completions`, { method: "POST", headers: bearer(pass), body: `{"${markers.prompt}` }));

  const leave = new AbortController();
  const since = Math.max(0, ...(await emulator.requests()).map((record) => record.sequence)) + 1;
  const stream = await post("/v1/chat/completions", pass, { model, stream: true, messages: [{ role: "user", content: `[pace 20ms] write 500 words ${markers.prompt}` }] }, leave.signal);
  await stream.body?.getReader().read();
  leave.abort();
  await emulator.waitForRequest((record) => record.disconnected_at !== null, { upstream, since });
}

before(async () => {
  directory = mkdtempSync(join(tmpdir(), "valetkey-leak-"));
  emulator = await Emulator.start({ arguments: ["--random"] });
  server = await Valetkey.start({ emulatorUrl: emulator.origin, directory, env: { VALETKEY_LOG_LEVEL: "debug", VALETKEY_LOG_ACCESS: "true" } });
});
after(async () => {
  await server.stop();
  await emulator.stop();
  rmSync(directory, { recursive: true, force: true });
});

test("the search finds a needle in each encoding, at each place, and nothing that is not there", () => {
  const value = Buffer.concat([Buffer.from("needle-"), randomBytes(25)]);
  for (let shift = 0; shift < 3; shift++) {
    const within = Buffer.concat([Buffer.from("xyz".slice(0, shift)), value, Buffer.from("after")]);
    const shapes = { raw: within, base64: within.toString("base64"), base64url: within.toString("base64url"), hex: within.toString("hex"), HEX: within.toString("hex").toUpperCase() };
    for (const [name, shape] of Object.entries(shapes)) {
      const hay = new Map([["hay", Buffer.concat([randomBytes(5000), Buffer.from(shape as string), randomBytes(5000)])]]);
      assert.ok(findAll([{ what: "needle", bytes: value }], hay).length >= 1, `${name} at ${shift}`);
      assert.deepEqual(findAll([{ what: "other", bytes: randomBytes(32) }], hay), []);
    }
  }
});

test("a session with all three providers, with its accidents", { timeout: 120_000 }, async () => {
  for (const [what, marker] of Object.entries(markers)) secrets.add(`${what} marker`, marker);
  for (const [what, secret] of Object.entries(server.secrets)) {
    secrets.add(`${what} secret`, secret);
    secrets.add(`${what} secret, raw`, Buffer.from(secret, "hex"));
  }
  const passes: string[] = [];
  for (const provider of PROVIDERS) {
    const pass = await enter(provider);
    passes.push(pass);
    await talk(provider, pass);
    await stumble(provider, pass);
  }
  for (const pass of [undefined, "sk-1234", `${passes[0]?.slice(0, -2)}AA`]) {
    const headers = pass === undefined ? {} : bearer(pass);
    for (const path of ["/auth/whoami", "/v1/models"]) await refused(`${String(pass?.length)} ${path}`, 401, fetch(server.url + path, { headers }));
    await refused(`${String(pass?.length)} chat`, 401, chat(server.url, pass ?? "", "gpt-5.5", markers.prompt));
  }
  // One that ends, and one that never does.
  const ending = await enter("openai");
  assert.equal((await chat(server.url, ending, "gpt-5.5", markers.prompt)).status, 200);
  assert.equal((await fetch(`${server.url}/auth/revoke`, { method: "POST", headers: bearer(ending) })).status, 204);
  await refused("revoked", 401, whoami(server.url, ending));
  const pending = await startSignIn(server.url, "openai");
  secrets.add("session id", pending.sessionId);
  assert.equal((await pollOnce(server.url, pending.sessionId)).status, "pending");
  for (const pass of passes) assert.equal((await whoami(server.url, pass)).status, 200);
  running.set("metrics", Buffer.from(await (await fetch(`${server.adminUrl}/metrics`)).text()));
  for (const [name, content] of everyFile("running ")) running.set(name, content);
  running.set("running log", Buffer.from(server.stderr));
});

test("the secrets of every kind are known, and the places are not empty", async () => {
  for (const record of await emulator.requests()) takeRecord(record);
  const least: Record<string, number> = {
    "access token": 5, "Copilot token": 1, "refresh token": 4, "device code": 4, "authorization code": 2, "account id": 1,
    "session JWT": 4, "claim k": 4, "claim k, raw": 4, "session id": 5, "code verifier": 4, "upstream code verifier": 1, "jwt secret, raw": 1,
  };
  for (const [what, count] of Object.entries(least)) assert.ok(secrets.count(what) >= count, `${secrets.count(what)} of ${what}`);
  assert.ok((running.get("running relay.db-wal")?.length ?? 0) > 0, "the WAL is there");
  assert.ok(running.has("running relay.db-shm"));
  assert.ok(server.logs.filter((line) => line.event === "request").length > 30 || server.stderr.split("\n").length > 40, "an access log");
  assert.match(String(running.get("metrics")), /^# TYPE /m);
  assert.ok(errors.size > 25);
  const database = new DatabaseSync(join(directory, "relay.db"), { readOnly: true });
  const count = (sql: string): number => Number(Object.values(database.prepare(sql).get() ?? {})[0]);
  assert.equal(count("SELECT count(*) FROM credentials"), 3, "three are signed in, one was revoked");
  assert.ok(count("SELECT count(*) FROM credentials WHERE length(sealed) > 100") === 3);
  assert.ok(count("SELECT count(*) FROM pending_sign_ins") >= 1);
  database.close();
});

const needles = (): Needle[] => [...secrets.needles.values()];
const none = (hay: Map<string, Buffer>): void => assert.deepEqual([...new Set(findAll(needles(), hay))], []);
const places = (wanted: RegExp): Map<string, Buffer> => new Map([...running].filter(([name]) => wanted.test(name)));

test("nothing in the store while the server runs", () => none(places(/^running relay/)));
test("nothing in the log while the server runs", () => none(places(/^running log/)));
test("nothing in /metrics", () => none(places(/^metrics/)));
test("nothing in anybody's error", () => {
  // Only the caller's own words, and the upstream's about them, may come back: to him alone.
  const own = (what: string): boolean => PROVIDERS.some((provider) => what.startsWith(`error: ${provider} `));
  none(new Map([...errors].filter(([what]) => !own(what))));
  const hay = new Map([...errors].filter(([what]) => own(what)));
  assert.ok(hay.size > 0 && hay.size < errors.size);
  assert.deepEqual(findAll(needles().filter((needle) => !needle.what.endsWith(" marker")), hay), []);
});

test("nothing in the store and the log when the server has stopped", async () => {
  assert.equal(await server.stop(), 0);
  none(new Map([...everyFile("stopped "), ["stopped log", Buffer.from(server.stderr)]]));
});
