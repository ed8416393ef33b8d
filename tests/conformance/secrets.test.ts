// No secret of a person or an app is left behind: store, log, metrics, and what a core file would show.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Emulator } from "../integration/support/emulator.ts";
import { findAll, findBytes } from "../integration/support/needles.ts";
import { startOauthServer, type OauthServer } from "../integration/support/oauth_client.ts";
import { familyOf, memoryOf } from "../integration/support/process_memory.ts";
import { SecretsSession } from "./secrets_session.ts";

let emulator: Emulator;
let house: OauthServer;
let session: SecretsSession;

const nothingIn = (hay: Map<string, Buffer>): void => assert.deepEqual([...new Set(findAll(session.secrets.all(), hay))], []);

function store(): Map<string, Buffer> {
  const { directory } = house.server;
  return new Map(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name))]));
}

before(async () => {
  emulator = await Emulator.start({ arguments: ["--random"] });
  house = await startOauthServer({ emulator, env: { VALETKEY_LOG_LEVEL: "debug", VALETKEY_LOG_ACCESS: "true" } });
  session = new SecretsSession(emulator, house);
  await house.person.connectAi(emulator);
  await session.app();
  await session.secondFactor();
  await session.newPassword("another long sentence of words");
});
after(async () => {
  await house?.stop();
  await emulator?.stop();
});

test("every kind of secret was made", () => {
  const least = { password: 2, cookie: 3, "CSRF token": 2, "mail token": 1, code: 1, "code verifier": 1, "access token": 3, "refresh token": 2, "ID token": 2, "client secret": 1,
    "registration token": 1, "device code": 1, "user code": 1, "TOTP secret": 1, "recovery code": 10, "the AI's access token": 1 };
  for (const [what, count] of Object.entries(least)) assert.ok(session.secrets.count(what) >= count, `${session.secrets.count(what)} of ${what}`);
});

test("nothing in the store", () => {
  const files = store();
  assert.ok((files.get("relay.db-wal")?.length ?? 0) > 0, "the WAL is there");
  nothingIn(files);
});

test("nothing in the log", () => {
  assert.ok(house.server.logs.filter((line) => line.event === "request").length >= 20, "an access log");
  nothingIn(new Map([["log", Buffer.from(house.server.stderr)]]));
});

test("nothing in /metrics", async () => {
  const text = await (await fetch(`${house.server.adminUrl}/metrics`)).text();
  assert.match(text, /^# TYPE /m);
  nothingIn(new Map([["metrics", Buffer.from(text)]]));
});

test("nothing in memory once somebody else was served", { timeout: 60_000 }, async () => {
  const other = new SecretsSession(emulator, house);
  await other.app();
  await sleep(2_000);
  const memory = new Map([...familyOf(house.server.child.pid ?? 0)].flatMap(([name, pid]) => [...memoryOf(pid, name)]));
  assert.ok(findBytes([{ what: "JWT secret", bytes: Buffer.from(house.server.secrets.jwt, "hex") }], memory).length > 0, "the search looks where secrets are");
  assert.deepEqual(findBytes(session.secrets.all(), memory), []);
});
