// What a core file of the server would show when the calls are over and somebody else has been served: nothing of theirs.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Emulator } from "../integration/support/emulator.ts";
import { LeakSession, PROVIDERS } from "../integration/support/leak_session.ts";
import { findBytes } from "../integration/support/needles.ts";
import { familyOf, memoryOf } from "../integration/support/process_memory.ts";
import { Valetkey } from "../integration/support/valetkey.ts";

// Kept on purpose, for as long as it lives: SECURITY.md.
const KEPT = new Set(["Copilot token"]);

let emulator: Emulator;
let server: Valetkey;

before(async () => {
  emulator = await Emulator.start({ arguments: ["--random"] });
  server = await Valetkey.start({ emulatorUrl: emulator.origin });
});
after(async () => {
  await server.stop();
  await emulator.stop();
});

function memoryOfAll(): Map<string, Buffer> {
  return new Map([...familyOf(server.child.pid ?? 0)].flatMap(([name, pid]) => [...memoryOf(pid, name)]));
}

test("the server's own secret is found, so the search looks where secrets are", () => {
  const secret = { what: "JWT secret", bytes: Buffer.from(server.secrets.jwt, "hex") };
  const found = findBytes([secret], memoryOfAll());
  for (const name of ["valetkey", "valetkey-keeper"]) assert.ok(found.some((place) => place.includes(`in ${name} `)), name);
});

test("nothing of a session is left in the memory of the server and of its keeper", { timeout: 120_000 }, async () => {
  const session = new LeakSession(emulator, server);
  for (const provider of PROVIDERS) {
    const pass = await session.enter(provider);
    await session.talk(provider, pass);
    await session.stumble(provider, pass);
  }
  for (const record of await emulator.requests()) session.takeRecord(record);

  const somebodyElse = new LeakSession(emulator, server);
  for (const provider of PROVIDERS) await somebodyElse.talk(provider, await somebodyElse.enter(provider));
  await sleep(2_000);
  const needles = session.secrets.all().filter(({ what }) => !KEPT.has(what.replace(/'s .*/, "")));
  assert.deepEqual(findBytes(needles, memoryOfAll()), []);
});
