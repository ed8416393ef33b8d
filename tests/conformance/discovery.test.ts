// What a client finds out before it has anything: RFC 8414, RFC 9728, OpenID Connect Discovery, MCP's discovery order, CORS and caching.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { OauthServer } from "../integration/support/oauth_client.ts";
import { authorizeUrl, raw, rawHeader, register, send, startServer, type Json } from "./support.ts";

const SERVER_DOCUMENTS = [
  "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/mcp",
  "/.well-known/openid-configuration/mcp", "/mcp/.well-known/openid-configuration",
];
const RESOURCE_DOCUMENTS = ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"];
const DOCUMENTS = [...SERVER_DOCUMENTS, ...RESOURCE_DOCUMENTS, "/oauth/jwks"];

let server: OauthServer;

before(async () => {
  server = await startServer();
});

after(async () => await server.stop());

const document = async (path: string): Promise<Json> => {
  const reply = await send(server.issuer + path);
  assert.equal(reply.status, 200, path);
  assert.match(reply.headers.get("content-type") ?? "", /^application\/json/, path);
  return reply.body;
};

test("RFC 8414 section 3.3, MCP AS3: issuer is the same in every document, in authorization_servers, in iss of tokens and redirects", async () => {
  for (const path of SERVER_DOCUMENTS) assert.equal((await document(path))["issuer"], server.issuer, path);
  for (const path of RESOURCE_DOCUMENTS) assert.deepEqual((await document(path))["authorization_servers"], [server.issuer], path);
  const client = await register(server.issuer);
  assert.ok(client.registrationUri.startsWith(`${server.issuer}/`));
  const redirect = await server.person.authorize(authorizeUrl(server.issuer, client), "deny");
  assert.equal(redirect.searchParams.get("iss"), server.issuer);
});

test("RFC 8414 section 2: the required members, every endpoint under the issuer, and MCP's MUSTs", async () => {
  const metadata = await document(SERVER_DOCUMENTS[0] ?? "");
  const required = ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "response_types_supported"];
  for (const name of required) assert.ok(name in metadata, name);
  const endpoints = Object.entries(metadata).filter(([name]) => name.endsWith("_endpoint") || name === "jwks_uri");
  assert.ok(endpoints.length >= 9);
  for (const [name, url] of endpoints) assert.ok(String(url).startsWith(`${server.issuer}/`), name);
  assert.deepEqual(metadata["code_challenge_methods_supported"], ["S256"], "MCP AS4");
  assert.deepEqual(metadata["response_types_supported"], ["code"]);
  assert.equal(metadata["client_id_metadata_document_supported"], true, "MCP AS5");
  assert.equal(metadata["authorization_response_iss_parameter_supported"], true, "MCP AS7");
  assert.deepEqual((metadata["token_endpoint_auth_methods_supported"] as string[]).slice(0, 2), ["none", "private_key_jwt"]);
  assert.ok((metadata["scopes_supported"] as string[]).includes("offline_access"), "MCP AS18");
  for (const [name, value] of Object.entries(metadata)) {
    if (Array.isArray(value)) assert.ok(value.length > 0, `RFC 8414 section 3.2: no empty list: ${name}`);
    if (name.endsWith("alg_values_supported")) assert.equal((value as string[]).some((alg) => /none|^HS/i.test(alg)), false, name);
  }
});

test("OpenID Connect Discovery section 3: its required members, RS256 among the algorithms", async () => {
  const metadata = await document("/.well-known/openid-configuration");
  assert.deepEqual(metadata["subject_types_supported"], ["public"]);
  assert.ok((metadata["id_token_signing_alg_values_supported"] as string[]).includes("RS256"));
  assert.deepEqual(metadata["code_challenge_methods_supported"], ["S256"], "MCP AS4, here too");
});

test("every endpoint that is announced is there", async () => {
  const metadata = await document(SERVER_DOCUMENTS[0] ?? "");
  for (const [name, url] of Object.entries(metadata)) {
    if (!name.endsWith("_endpoint") && name !== "jwks_uri") continue;
    const reply = await send(String(url));
    assert.ok(reply.status !== 404 && reply.status < 500, `${name}: ${reply.status}`);
  }
});

test("RFC 9728 section 2, 3: resource as it was asked for, headers only, no offline_access", async () => {
  for (const path of RESOURCE_DOCUMENTS) {
    const metadata = await document(path);
    assert.equal(metadata["resource"], server.resource, path);
    assert.deepEqual(metadata["bearer_methods_supported"], ["header"], path);
    assert.equal((metadata["scopes_supported"] as string[]).includes("offline_access"), false, path);
    assert.doesNotMatch(String(metadata["resource"]), /[/#]$/, "MCP: canonical URI without slash or fragment");
  }
});

test("RFC 7517: the key set has distinct kids, known types and public members only", async () => {
  const keys = (await document("/oauth/jwks"))["keys"] as Json[];
  assert.ok(keys.length >= 2);
  assert.equal(new Set(keys.map((key) => key["kid"])).size, keys.length);
  for (const key of keys) {
    assert.ok(["EC", "RSA", "OKP"].includes(String(key["kty"])));
    assert.equal(key["use"], "sig");
    assert.deepEqual(Object.keys(key).filter((name) => ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].includes(name)), []);
  }
});

test("MCP discovery order: an unknown well-known document is 404 in JSON, never 200, HTML or 5xx", async () => {
  const unknown = [
    "/.well-known/oauth-authorization-server/nobody", "/.well-known/openid-configuration/nobody", "/nobody/.well-known/openid-configuration",
    "/.well-known/oauth-protected-resource/nobody", "/.well-known/oauth-protected-resource/mcp/x", "/.well-known/x", "/.well-known/",
    "/.well-known/a/b/c",
    "/.well-known/oauth-authorization-server/..%2f..", "/.well-known/oauth-protected-resource/%00", "/.well-known/openid-configuration/%ff",
    "/.well-known/oauth-protected-resource?resource=https://evil.example",
    "/.well-known/oauth-authorization-server/https://evil.example",
  ];
  for (const path of unknown) {
    const reply = await raw(server.issuer, path, "GET", ["Accept: text/html,application/json"]);
    assert.ok(reply.status === 404 || reply.status === 400, `${path}: ${reply.status}`);
    assert.match(rawHeader(reply, "content-type")[0] ?? "", /^application\/json/, path);
    assert.equal(typeof JSON.parse(reply.body), "object", path);
  }
});

test("Fetch CORS protocol: any origin may read them, preflights pass with mcp-protocol-version, and no credentials are allowed", async () => {
  for (const path of [...DOCUMENTS, "/oauth/token", "/oauth/register", "/mcp", "/oauth/userinfo"]) {
    const preflight = await send(server.issuer + path, {
      method: "OPTIONS",
      headers: { origin: "https://inspector.example", "access-control-request-method": "POST", "access-control-request-headers": "mcp-protocol-version,authorization,content-type,dpop" },
    });
    assert.ok([200, 204].includes(preflight.status), `${path}: ${preflight.status}`);
    assert.equal(preflight.headers.get("access-control-allow-origin"), "*", path);
    assert.match(preflight.headers.get("access-control-allow-headers") ?? "", /mcp-protocol-version/i, path);
    assert.match(preflight.headers.get("access-control-allow-methods") ?? "", /POST/, path);
    assert.equal(preflight.headers.get("access-control-allow-credentials"), null, path);
  }
  for (const path of DOCUMENTS) {
    const reply = await send(server.issuer + path, { headers: { origin: "https://inspector.example", "mcp-protocol-version": "2025-06-18" } });
    assert.equal(reply.headers.get("access-control-allow-origin"), "*", path);
  }
  assert.match((await send(`${server.issuer}/mcp/ping`)).headers.get("access-control-expose-headers") ?? "", /WWW-Authenticate/i);
});

test("what a person's browser holds a cookie for is readable by no other origin", async () => {
  const own: [string, string][] = [["GET", "/oauth/authorize"], ["POST", "/authorize"], ["GET", "/oauth/logout"], ["GET", "/account/security"], ["GET", "/portal/api/session"], ["POST", "/portal/api/sign-in"],
    ["DELETE", "/portal/api/account"], ["PATCH", "/portal/api/account"], ["GET", "/consent"]];
  for (const [method, path] of own) {
    const reply = await send(server.issuer + path, { headers: { origin: "https://evil.example" } });
    assert.equal(reply.headers.get("access-control-allow-credentials"), null, path);
    assert.equal(reply.headers.get("access-control-allow-origin"), null, path);
    for (const asked of [method, "PUT", "TRACE", undefined]) {
      const wanted: Record<string, string> = asked === undefined ? {} : { "access-control-request-method": asked, "access-control-request-headers": "x-csrf-token,content-type" };
      const preflight = await send(server.issuer + path, { method: "OPTIONS", headers: { origin: "https://evil.example", ...wanted } });
      assert.equal(preflight.status, 405, `preflight of ${asked} ${path}`);
      for (const name of ["origin", "methods", "headers", "credentials"]) {
        assert.equal(preflight.headers.get(`access-control-allow-${name}`), null, `preflight of ${asked} ${path}`);
      }
    }
  }
});

test("RFC 9110 sections 8.8.3, 13.1.2 and 9.3.2: ETag, 304 without a body, HEAD like GET, cacheable", async () => {
  for (const path of DOCUMENTS) {
    const reply = await send(server.issuer + path);
    const etag = reply.headers.get("etag") ?? "";
    assert.match(etag, /^(W\/)?"[^"]+"$/, path);
    assert.match(reply.headers.get("cache-control") ?? "", /max-age=\d+/, path);
    for (const match of [etag, `"x", ${etag}`, `W/${etag}`]) {
      const again = await raw(server.issuer, path, "GET", [`If-None-Match: ${match}`]);
      assert.equal(again.status, 304, `${path} ${match}`);
      assert.equal(again.body, "", path);
      assert.deepEqual(rawHeader(again, "etag"), [etag], path);
    }
    assert.equal((await raw(server.issuer, path, "GET", ['If-None-Match: "other"'])).status, 200, path);
    const head = await raw(server.issuer, path, "HEAD");
    assert.equal(head.status, 200, path);
    assert.equal(head.body, "", path);
    assert.deepEqual(rawHeader(head, "etag"), [etag], path);
    assert.deepEqual(rawHeader(head, "content-length"), [String(Buffer.byteLength(reply.text))], path);
    for (const method of ["POST", "PUT", "DELETE"]) {
      const refused = await raw(server.issuer, path, method);
      assert.equal(refused.status, 405, `${method} ${path}: ${refused.status}`);
    }
  }
});

test("a Host or X-Forwarded header of the request changes nothing in a document", async () => {
  const before = await send(`${server.issuer}${SERVER_DOCUMENTS[0] ?? ""}`);
  for (const headers of [["X-Forwarded-Host: evil.example", "X-Forwarded-Proto: https"], ["Forwarded: host=evil.example;proto=https"]]) {
    const reply = await raw(server.issuer, SERVER_DOCUMENTS[0] ?? "", "GET", headers);
    assert.equal(reply.body, before.text);
  }
});
