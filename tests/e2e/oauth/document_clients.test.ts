// Clients that are known by a document at their own address (CIMD), with documents shaped like those of the clients in the field.
import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from "jose";
import { startOauthServer, type OauthServer } from "../../integration/support/oauth_client.ts";
import { DocumentHost } from "./document_host.ts";
import { McpProvider } from "./mcp_provider.ts";

let house: OauthServer;
let host: DocumentHost;
before(async () => {
  host = await DocumentHost.start();
  house = await startOauthServer({
    env: { VALETKEY_OAUTH_FETCH_CA_FILE: host.caFile, VALETKEY_OAUTH_FETCH_ALLOW_LOOPBACK: "true" },
  });
});
after(async () => {
  await house?.stop();
  await host?.stop();
});

function fixture(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(`tests/fixtures/cimd/${name}.json`, "utf8")) as Record<string, unknown>;
}

type Sent = { url: string; verifier: string; redirect: string };
function request(clientId: string, redirect: string, more: Record<string, string> = {}): Sent {
  const verifier = randomBytes(32).toString("base64url");
  const parameters = new URLSearchParams({
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirect,
    state: "s",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    resource: house.resource,
    ...more,
  });
  return { url: `${house.issuer}/oauth/authorize?${parameters}`, verifier, redirect };
}

async function redeem(clientId: string, sent: Sent, callback: URL, more: Record<string, string> = {}): Promise<Response> {
  const form = new URLSearchParams({
    grant_type: "authorization_code",
    client_id: clientId,
    code: callback.searchParams.get("code") ?? "",
    redirect_uri: sent.redirect,
    code_verifier: sent.verifier,
    resource: house.resource,
    ...more,
  });
  return await fetch(`${house.issuer}/oauth/token`, { method: "POST", body: form });
}

// What each sends as its redirect: loopback ones with a port that no document can know.
const publicClients: [string, string][] = [
  ["claude", "https://claude.ai/api/mcp/auth_callback"],
  ["claude_code", "http://localhost:53211/callback"],
  ["vscode", "http://127.0.0.1:40111/"],
  ["vscode", "https://vscode.dev/redirect"],
  ["zed", "http://127.0.0.1:61234/callback"],
  ["opencode", "http://localhost:19877/mcp/oauth/callback"],
];

describe("documents of the clients in the field", () => {
  for (const [index, [name, redirect]] of publicClients.entries()) {
    test(`${name} at ${redirect}`, async () => {
      // Each at an address of its own, so that no consent is remembered and no document cached.
      const id = host.publish({ ...fixture(name), client_id: `https://client.example/${index}/client.json` });
      const sent = request(id, redirect);
      const opened = await house.person.open(sent.url);
      assert.ok(opened.request, opened.error?.href ?? opened.redirect?.href);
      const question = await house.person.question(opened.request);
      assert.deepEqual([question.client?.kind, question.client?.host], ["document", new URL(id).host]);
      assert.equal(question.loopback, redirect.startsWith("http:"));
      assert.equal(question.redirect_host, new URL(redirect).host);
      const callback = await house.person.decide(opened.request, "approve");
      assert.equal(callback.origin + callback.pathname, redirect);
      assert.equal(callback.searchParams.get("iss"), house.issuer);
      const tokens = await redeem(id, sent, callback);
      assert.equal(tokens.status, 200, await tokens.clone().text());
      const { refresh_token } = (await tokens.json()) as { refresh_token?: string };
      assert.ok(refresh_token);
    });
  }

  test("a document is fetched once while it is fresh", async () => {
    const id = host.publish({ ...fixture("claude"), client_id: "https://claude.ai/cached.json" }, { "cache-control": "max-age=600" });
    for (let i = 0; i < 3; ++i) await house.person.open(request(id, "https://claude.ai/api/mcp/auth_callback").url);
    assert.equal(host.asked.filter((path) => path === "/cached.json").length, 1);
  });
});

describe("ChatGPT: private_key_jwt with keys at its own address", () => {
  const state = {} as { id: string; key: CryptoKey };
  before(async () => {
    state.id = host.publish(fixture("chatgpt"));
    const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true });
    state.key = privateKey;
    const jwk = { ...(await exportJWK(publicKey)), kid: "chat-1", alg: "RS256", use: "sig" };
    host.documents.set("/oauth/jwks.json", { body: JSON.stringify({ keys: [jwk] }) });
  });

  const assertion = async (audience: string, id = randomUUID()) =>
    await new SignJWT({ jti: id })
      .setProtectedHeader({ alg: "RS256", kid: "chat-1" })
      .setIssuer(state.id)
      .setSubject(state.id)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime("60s")
      .sign(state.key);
  const proofs = (jwt: string) => ({
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: jwt,
  });
  const redirect = "https://chatgpt.com/connector_platform_oauth_redirect";

  for (const audience of ["issuer", "token endpoint"]) {
    test(`the assertion names the ${audience}`, async () => {
      const sent = request(state.id, redirect);
      const callback = await house.person.authorize(sent.url);
      const named = audience === "issuer" ? house.issuer : `${house.issuer}/oauth/token`;
      const tokens = await redeem(state.id, sent, callback, proofs(await assertion(named)));
      assert.equal(tokens.status, 200, await tokens.text());
    });
  }

  test("without an assertion it may be public, since its document says so", async () => {
    const sent = request(state.id, redirect);
    const tokens = await redeem(state.id, sent, await house.person.authorize(sent.url));
    assert.equal(tokens.status, 200, await tokens.text());
  });

  test("an assertion for somebody else, or one seen before, is refused", async () => {
    const jwt = await assertion(house.issuer);
    for (const [used, status] of [[jwt, 200], [jwt, 401], [await assertion("https://elsewhere.example"), 401]] as const) {
      const sent = request(state.id, redirect);
      const tokens = await redeem(state.id, sent, await house.person.authorize(sent.url), proofs(used));
      assert.equal(tokens.status, status, await tokens.text());
    }
  });
});

describe("documents that must not be believed", () => {
  const good = (): Record<string, unknown> => ({ ...fixture("claude") });
  const redirect = "https://claude.ai/api/mcp/auth_callback";
  const refused: [string, (path: string) => void][] = [
    ["names another client", (path) => host.documents.set(path, { body: JSON.stringify(good()) })],
    ["is not there", (path) => host.documents.delete(path)],
    ["is a redirect", (path) => host.documents.set(path, { body: "", status: 302, headers: { location: host.origin + "/x" } })],
    ["is no JSON", (path) => host.documents.set(path, { body: "<html>" })],
    ["is too large", (path) => host.documents.set(path, { body: JSON.stringify({ ...good(), client_id: host.origin + path, pad: "x".repeat(200_000) }) })],
    ["holds a secret", (path) => host.documents.set(path, { body: JSON.stringify({ ...good(), client_id: host.origin + path, client_secret: "s" }) })],
    ["has a redirect that runs code", (path) => host.documents.set(path, { body: JSON.stringify({ ...good(), client_id: host.origin + path, redirect_uris: [redirect, "javascript:alert(1)"] }) })],
  ];
  for (const [index, [name, prepare]] of refused.entries()) {
    test(`one that ${name}`, async () => {
      const path = `/bad-${index}.json`;
      prepare(path);
      const opened = await house.person.open(request(host.origin + path, redirect).url);
      assert.ok(opened.error, "shown to the person, never sent to the client");
      assert.equal(opened.redirect, undefined);
    });
  }

  test("a redirect that is not in the document", async () => {
    const id = host.publish(fixture("claude"));
    for (const wrong of ["https://claude.ai/api/mcp/auth_callback/", "https://evil.example/", "http://localhost:1/callback"]) {
      assert.ok((await house.person.open(request(id, wrong).url)).error, wrong);
    }
  });
});

test("an SDK client with a document needs no registration", async () => {
  const provider = new McpProvider(house.person, { metadataUrl: host.publish(fixture("claude_code")), redirectUrl: "http://localhost:49160/callback" });
  const first = new StreamableHTTPClientTransport(new URL(house.resource), { authProvider: provider });
  await assert.rejects(new Client({ name: "t", version: "1" }).connect(first as Transport), UnauthorizedError);
  assert.equal(provider.client?.client_id, provider.clientMetadataUrl);
  await first.finishAuth(provider.code);
  const client = new Client({ name: "t", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(new URL(house.resource), { authProvider: provider }) as Transport);
  assert.equal((await client.listTools()).tools.length, 4);
});
