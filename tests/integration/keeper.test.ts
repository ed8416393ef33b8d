// The keeper process that renews credentials, and a server that has lost it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Emulator } from "./support/emulator.ts";
import { chat } from "./support/answers.ts";
import { familyOf } from "./support/process_memory.ts";
import { signIn } from "./support/sign_in.ts";
import { Valetkey } from "./support/valetkey.ts";

let emulator: Emulator;
let server: Valetkey;
let pass: string;

before(async () => {
  emulator = await Emulator.start();
  server = await Valetkey.start({ emulatorUrl: emulator.origin });
  pass = await signIn(server.url, emulator.origin, "openai");
});
after(async () => {
  await server.stop();
  await emulator.stop();
});

const family = (): Map<string, number> => familyOf(server.child.pid ?? 0);

async function renewed(): Promise<void> {
  const before = (await emulator.state()).tokens.refreshes;
  await emulator.invalidateAccessTokens();
  const answer = await chat(server.url, pass, "gpt-5.5");
  assert.equal(answer.status, 200, await answer.text());
  assert.equal((await emulator.state()).tokens.refreshes, before + 1);
}

test("credentials are renewed while the keeper lives", async () => {
  assert.ok(family().has("valetkey-keeper"));
  await renewed();
});

test("a keeper that is killed is reaped, named in the log, and done without", async () => {
  process.kill(family().get("valetkey-keeper") ?? 0, "SIGKILL");
  const line = await server.waitForLog(({ event }) => event === "keeper_gone");
  assert.equal(line["end"], "signal 9");
  assert.deepEqual([...family().keys()], ["valetkey"], "not even a zombie of it");
  await renewed();
});

test("a server without a keeper ends in order", async () => {
  assert.equal(await server.stop(), 0);
});
