// The official suite against /mcp, with a token put in by a proxy: what the revisions require of a server that has tools.
// server_baseline.yml names what cannot be asked of it, and why.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { after, before, test } from "node:test";
import { startOauthServer, type OauthServer } from "../../integration/support/oauth_client.ts";
import { runSuite } from "./run_suite.ts";
import { TokenProxy } from "./token_proxy.ts";

const baseline = resolve("tests/conformance/suites/server_baseline.yml");
const REDIRECT = "http://127.0.0.1:49154/callback";
let house: OauthServer;
let proxy: TokenProxy;

async function post(path: string, body: string, type: string): Promise<Record<string, string>> {
  const answer = await fetch(house.issuer + path, { method: "POST", headers: { "content-type": type }, body });
  assert.ok(answer.ok, `${answer.status} of ${path}`);
  return (await answer.json()) as Record<string, string>;
}

async function accessToken(): Promise<string> {
  const metadata = { client_name: "Conformance", redirect_uris: [REDIRECT], token_endpoint_auth_method: "none" };
  const id = (await post("/oauth/register", JSON.stringify(metadata), "application/json"))["client_id"] ?? "";
  const verifier = randomBytes(32).toString("base64url");
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  const request = new URLSearchParams({ response_type: "code", client_id: id, redirect_uri: REDIRECT, state: "s", scope: "profile ai.use" });
  request.append("code_challenge", challenge);
  request.append("code_challenge_method", "S256");
  request.append("resource", house.resource);
  const callback = await house.person.authorize(`${house.issuer}/oauth/authorize?${request}`);
  const form = new URLSearchParams({ grant_type: "authorization_code", client_id: id, redirect_uri: REDIRECT, code_verifier: verifier });
  form.append("code", callback.searchParams.get("code") ?? "");
  return (await post("/oauth/token", form.toString(), "application/x-www-form-urlencoded"))["access_token"] ?? "";
}

before(async () => {
  house = await startOauthServer();
  proxy = await TokenProxy.start(house.issuer, await accessToken());
});
after(async () => {
  await proxy?.stop();
  await house?.stop();
});

for (const revision of ["2025-11-25", "2026-07-28"]) {
  test(`what ${revision} requires`, { timeout: 180_000 }, async () => {
    const args = ["server", "--url", `${proxy.url}/mcp`, "--requirements", revision, "--expected-failures", baseline];
    const run = await runSuite(args);
    assert.equal(run.status, 0, run.output.slice(-6000));
    for (const name of ["tools-list", "dns-rebinding-protection"]) assert.match(run.output, new RegExp(`✓ ${name}: \\d+ passed, 0 failed`));
  });
}

test("the headers of 2026-07-28", { timeout: 60_000 }, async () => {
  const run = await runSuite(["server", "--url", `${proxy.url}/mcp`, "--scenario", "http-header-validation"]);
  assert.equal(run.status, 0, run.output.slice(-6000));
});
