// A whole session with every provider; afterwards no secret of it is in the store, the log, the metrics or anybody's errors.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Emulator } from "./support/emulator.ts";
import { bearer, chat, whoami } from "./support/answers.ts";
import { LeakSession, PROVIDERS } from "./support/leak_session.ts";
import { findAll } from "./support/needles.ts";
import { pollOnce, startSignIn } from "./support/sign_in.ts";
import { Valetkey } from "./support/valetkey.ts";

let emulator: Emulator;
let server: Valetkey;
let session: LeakSession;
let directory: string;
const running = new Map<string, Buffer>();

function everyFile(prefix: string): Map<string, Buffer> {
  const contents = new Map<string, Buffer>();
  for (const name of readdirSync(directory, { recursive: true, encoding: "utf8" })) {
    const path = join(directory, name);
    try {
      if (statSync(path).isFile()) contents.set(`${prefix}${name}`, readFileSync(path));
    } catch (gone) {
      // The keeper ends a moment after the server, and SQLite's own files with it.
      if ((gone as NodeJS.ErrnoException).code !== "ENOENT") throw gone;
    }
  }
  return contents;
}

before(async () => {
  directory = mkdtempSync(join(tmpdir(), "valetkey-leak-"));
  emulator = await Emulator.start({ arguments: ["--random"] });
  server = await Valetkey.start({ emulatorUrl: emulator.origin, directory, env: { VALETKEY_LOG_LEVEL: "debug", VALETKEY_LOG_ACCESS: "true" } });
  session = new LeakSession(emulator, server);
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
  for (const [what, secret] of Object.entries(server.secrets)) {
    session.secrets.add(`${what} secret`, secret);
    session.secrets.add(`${what} secret, raw`, Buffer.from(secret, "hex"));
  }
  const passes: string[] = [];
  for (const provider of PROVIDERS) {
    const pass = await session.enter(provider);
    passes.push(pass);
    await session.talk(provider, pass);
    await session.stumble(provider, pass);
  }
  for (const pass of [undefined, "sk-1234", `${passes[0]?.slice(0, -2)}AA`]) {
    const headers = pass === undefined ? {} : bearer(pass);
    for (const path of ["/auth/whoami", "/v1/models"]) await session.refused(`${String(pass?.length)} ${path}`, 401, fetch(server.url + path, { headers }));
    await session.refused(`${String(pass?.length)} chat`, 401, chat(server.url, pass ?? "", "gpt-5.5", session.markers.prompt));
  }
  // One that ends, and one that never does.
  const ending = await session.enter("openai");
  assert.equal((await chat(server.url, ending, "gpt-5.5", session.markers.prompt)).status, 200);
  assert.equal((await fetch(`${server.url}/auth/revoke`, { method: "POST", headers: bearer(ending) })).status, 204);
  await session.refused("revoked", 401, whoami(server.url, ending));
  const pending = await startSignIn(server.url, "openai");
  session.secrets.add("session id", pending.sessionId);
  assert.equal((await pollOnce(server.url, pending.sessionId)).status, "pending");
  for (const pass of passes) assert.equal((await whoami(server.url, pass)).status, 200);
  running.set("metrics", Buffer.from(await (await fetch(`${server.adminUrl}/metrics`)).text()));
  for (const [name, content] of everyFile("running ")) running.set(name, content);
  running.set("running log", Buffer.from(server.stderr));
});

test("the secrets of every kind are known, and the places are not empty", async () => {
  for (const record of await emulator.requests()) session.takeRecord(record);
  const least: Record<string, number> = {
    "access token": 5, "Copilot token": 1, "refresh token": 4, "device code": 4, "authorization code": 2, "account id": 1,
    "session JWT": 4, "claim k": 4, "claim k, raw": 4, "session id": 5, "code verifier": 4, "upstream code verifier": 1, "jwt secret, raw": 1,
  };
  for (const [what, count] of Object.entries(least)) assert.ok(session.secrets.count(what) >= count, `${session.secrets.count(what)} of ${what}`);
  assert.ok((running.get("running relay.db-wal")?.length ?? 0) > 0, "the WAL is there");
  assert.ok(running.has("running relay.db-shm"));
  assert.ok(server.logs.filter((line) => line.event === "request").length > 30 || server.stderr.split("\n").length > 40, "an access log");
  assert.match(String(running.get("metrics")), /^# TYPE /m);
  assert.ok(session.errors.size > 25);
  const database = new DatabaseSync(join(directory, "relay.db"), { readOnly: true });
  const count = (sql: string): number => Number(Object.values(database.prepare(sql).get() ?? {})[0]);
  assert.equal(count("SELECT count(*) FROM credentials"), 3, "three are signed in, one was revoked");
  assert.ok(count("SELECT count(*) FROM credentials WHERE length(sealed) > 100") === 3);
  assert.ok(count("SELECT count(*) FROM pending_sign_ins") >= 1);
  database.close();
});

const none = (hay: Map<string, Buffer>): void => assert.deepEqual([...new Set(findAll(session.secrets.all(), hay))], []);
const places = (wanted: RegExp): Map<string, Buffer> => new Map([...running].filter(([name]) => wanted.test(name)));

test("nothing in the store while the server runs", () => none(places(/^running relay/)));
test("nothing in the log while the server runs", () => none(places(/^running log/)));
test("nothing in /metrics", () => none(places(/^metrics/)));
test("nothing in anybody's error", () => {
  // Only the caller's own words, and the upstream's about them, may come back: to him alone.
  const own = (what: string): boolean => PROVIDERS.some((provider) => what.startsWith(`error: ${provider} `));
  none(new Map([...session.errors].filter(([what]) => !own(what))));
  const hay = new Map([...session.errors].filter(([what]) => own(what)));
  assert.ok(hay.size > 0 && hay.size < session.errors.size);
  assert.deepEqual(findAll(session.secrets.all().filter((needle) => !needle.what.endsWith(" marker")), hay), []);
});

test("nothing in the store and the log when the server has stopped", async () => {
  assert.equal(await server.stop(), 0);
  none(new Map([...everyFile("stopped "), ["stopped log", Buffer.from(server.stderr)]]));
});
