// The catalog of models: asked for with its ETag once it is no longer fresh, and not before.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bearer } from "./support/answers.ts";
import { headerOf, type RecordedRequest } from "./support/emulator.ts";
import { startHouse } from "./support/house.ts";
import { signIn } from "./support/sign_in.ts";
import { Valetkey } from "./support/valetkey.ts";

const { emulator, server } = await startHouse({ VALETKEY_PROVIDERS_CATALOG_FRESH_MS: "0" });

async function models(url: string, pass: string): Promise<string> {
  const answer = await fetch(`${url}/v1/models`, { headers: bearer(pass) });
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  return text;
}

const asked = async (): Promise<RecordedRequest[]> => (await emulator.requests()).filter((request) => request.method === "GET" && request.path.endsWith("/models"));

describe("a catalog that is no longer fresh", () => {
  for (const provider of ["openai", "github"] as const) {
    test(`${provider}: is asked for by its ETag, and 304 keeps the models and their dates`, async () => {
      const pass = await signIn(server.url, emulator.origin, provider);
      const first = await models(server.url, pass);
      assert.equal(await models(server.url, pass), first);
      const [whole, unchanged, ...more] = await asked();
      assert.equal(more.length, 0);
      assert.ok(whole !== undefined && unchanged !== undefined);
      assert.equal(whole.status, 200);
      assert.equal(headerOf(whole, "if-none-match"), undefined);
      assert.equal(unchanged.status, 304);
      assert.match(headerOf(unchanged, "if-none-match") ?? "", /\S/);
    });
  }
});

test("a fresh catalog is not asked for again", async () => {
  const usual = await Valetkey.start({ emulatorUrl: emulator.origin });
  try {
    const pass = await signIn(usual.url, emulator.origin, "openai");
    await emulator.clearRequests();
    assert.equal(await models(usual.url, pass), await models(usual.url, pass));
    assert.equal((await asked()).length, 1);
  } finally {
    await usual.stop();
  }
});
