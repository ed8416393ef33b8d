// The official suite against our authorization server: every check, with and without a resource, for every revision it knows.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort, startOauthServer, type OauthServer } from "../../integration/support/oauth_client.ts";
import { runSuite } from "./run_suite.ts";

let house: OauthServer;
before(async () => (house = await startOauthServer()));
after(async () => await house?.stop());

async function registered(redirect: string): Promise<string> {
  const metadata = { client_name: "Conformance", redirect_uris: [redirect], token_endpoint_auth_method: "none" };
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${house.issuer}/oauth/register`, { method: "POST", headers, body: JSON.stringify(metadata) });
  assert.equal(answer.status, 201);
  return String(((await answer.json()) as { client_id: string }).client_id);
}

// The suite listens for the answer a moment after it has printed where to ask; on a busy machine we are there first.
async function bring(callback: URL): Promise<void> {
  for (let left = 50; ; left--) {
    try {
      await fetch(callback);
      return;
    } catch (refused) {
      if (left === 0) throw refused;
      await sleep(100);
    }
  }
}

// The suite prints an authorization URL for a person to open, and waits on its port for the answer.
function openWhenAsked(): (text: string) => void {
  let isOpened = false;
  return (text) => {
    const url = /^(http\S+\/oauth\/authorize\?\S+)$/m.exec(text)?.[1];
    if (url === undefined || isOpened) return;
    isOpened = true;
    void house.person.authorize(url).then(bring);
  };
}

for (const revision of ["2025-06-18", "2025-11-25", "2026-07-28"]) {
  for (const isForResource of [false, true]) {
    test(`${revision}, ${isForResource ? "for a resource" : "without a resource"}`, { timeout: 60_000 }, async () => {
      const port = await freePort();
      const id = await registered(`http://127.0.0.1:${port}/callback`);
      const args = ["authorization", "--url", house.issuer, "--client-id", id, "--port", String(port), "--spec-version", revision];
      const run = await runSuite(isForResource ? [...args, "--resource", house.resource] : args, openWhenAsked());
      assert.equal(run.status, 0, run.output);
      assert.match(run.output, /, 0 failed/);
      assert.doesNotMatch(run.output, /SKIPPED|WARNING|FAILURE/);
    });
  }
}
