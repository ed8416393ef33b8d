// The server is killed under load, fifty times, while refresh tokens rotate all the time. Afterwards every credential
// works, no refresh token was spent twice, and the store is whole.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Emulator } from "./support/emulator.ts";
import { signIn } from "./support/sign_in.ts";
import { Valetkey } from "./support/valetkey.ts";

const ROUNDS = 50;
const PEOPLE = 12;

let emulator: Emulator;
let directory: string;
const secrets = { jwt: "11".repeat(32), identity: "22".repeat(32) };
const passes: string[] = [];

const start = (): Promise<Valetkey> => Valetkey.start({ emulatorUrl: emulator.origin, directory, secrets });

before(async () => {
  directory = mkdtempSync(join(tmpdir(), "valetkey-kill-"));
  emulator = await Emulator.start({ arguments: [] });
  // The server refreshes what has less than 60 s left: with 61 s every credential is due every second.
  await emulator.settings({ access_lifetime_s: 61 });
  const server = await start();
  for (let person = 0; person < PEOPLE; person++) passes.push(await signIn(server.url, emulator.origin, "openai"));
  await server.stop();
  // The provider rotates at once and answers late, so that most kills fall between its rotation and our write.
  await emulator.script({ fault: "A6.slow", upstream: "auth.openai", always: true, parameters: { ms: 120 } });
});

after(async () => {
  await emulator.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function ask(server: Valetkey, pass: string): Promise<number> {
  const response = await fetch(`${server.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${pass}` },
    body: JSON.stringify({ model: "gpt-5.5", messages: [{ role: "user", content: "still there?" }] }),
  });
  await response.arrayBuffer();
  return response.status;
}

async function load(server: Valetkey, until: number): Promise<void> {
  await Promise.all(
    passes.map(async (pass) => {
      while (Date.now() < until) {
        try {
          await ask(server, pass);
        } catch {
          return; // killed
        }
      }
    }),
  );
}

// Busy (503) passes; anything else but 200 does not.
async function usable(server: Valetkey, pass: string): Promise<boolean> {
  const patience = Date.now() + 15_000;
  while (Date.now() < patience) {
    const status = await ask(server, pass);
    if (status === 200) return true;
    if (status !== 503) return false;
    await sleep(100);
  }
  return false;
}

test(`kill -9 under load, ${ROUNDS} rounds: every credential usable, nothing torn, no refresh token spent twice`, { timeout: 280_000 }, async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const server = await start();
    const good = await Promise.all(passes.map((pass) => usable(server, pass)));
    assert.ok(good.every(Boolean), `round ${round}: ${good.filter((ok) => !ok).length} credentials unusable`);
    const busy = load(server, Date.now() + 60_000);
    // Each round strikes at another moment of the second in which tokens rotate.
    await sleep(150 + ((round * 37) % 900));
    await server.stop("SIGKILL");
    await busy;
  }
  const server = await start();
  const good = await Promise.all(passes.map((pass) => usable(server, pass)));
  assert.ok(good.every(Boolean));
  const state = await emulator.state();
  assert.equal(state.tokens.reuses, 0, "a refresh token was presented twice");
  assert.ok(state.tokens.refreshes > ROUNDS, `only ${state.tokens.refreshes} refreshes happened`);
  await server.stop();
  const database = new DatabaseSync(join(directory, "relay.db"));
  assert.deepEqual(database.prepare("PRAGMA integrity_check").all().map((row) => Object.values(row)[0]), ["ok"]);
  database.close();
});
