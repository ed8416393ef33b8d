// Dynamic registration and its management: RFC 7591, RFC 7592; and sixty bodies that are wrong in sixty ways.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { OauthServer } from "../integration/support/oauth_client.ts";
import { assertRefused, askToken, ecKey, postJson, raw, register, REDIRECT, refreshForm, freshTokens, send, startServer, type Json, type Reply } from "./support.ts";

let server: OauthServer;

before(async () => {
  server = await startServer();
});

after(async () => await server.stop());

const ask = (metadata: unknown): Promise<Reply> => postJson(`${server.issuer}/oauth/register`, metadata);
const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
const withRedirect = (uri: unknown, more: Json = {}): Json => ({ client_name: "x", redirect_uris: [uri], ...more });

test("RFC 7591 section 3.2.1: 201, not stored by caches, with all that was registered and what manages it", async () => {
  const reply = await ask({ client_name: "Ä name", redirect_uris: [REDIRECT, "https://app.example/two?x=1"], unknown_member: { a: 1 } });
  assert.equal(reply.status, 201, reply.text);
  assert.match(reply.headers.get("content-type") ?? "", /^application\/json/);
  assert.equal(reply.headers.get("cache-control"), "no-store");
  assert.equal(reply.headers.get("pragma"), "no-cache");
  assert.deepEqual(reply.body["redirect_uris"], [REDIRECT, "https://app.example/two?x=1"], "unchanged");
  assert.equal(reply.body["client_name"], "Ä name");
  assert.equal(reply.body["token_endpoint_auth_method"], "none");
  assert.deepEqual(reply.body["response_types"], ["code"]);
  assert.ok((reply.body["grant_types"] as string[]).includes("refresh_token"), "what the metadata promises is given");
  assert.equal("client_secret" in reply.body, false);
  assert.equal("unknown_member" in reply.body, false, "section 2: ignored");
  const managed = ["client_id", "client_id_issued_at", "registration_client_uri", "registration_access_token"];
  for (const name of managed) assert.ok(name in reply.body, name);
});

test("RFC 7591 section 3.2.1: a secret comes with client_secret_expires_at, and every registration is a client of its own", async () => {
  const metadata = { client_name: "same", redirect_uris: [REDIRECT], token_endpoint_auth_method: "client_secret_basic" };
  const [one, two] = await Promise.all([ask(metadata), ask(metadata)]);
  assert.equal(one.status, 201, one.text);
  assert.equal(typeof one.body["client_secret_expires_at"], "number");
  assert.ok(String(one.body["client_secret"]).length >= 32);
  for (const name of ["client_id", "client_secret", "registration_access_token"]) assert.notEqual(one.body[name], two.body[name], name);
});

test("RFC 7591 section 3.2.2: redirect URIs nobody should register are invalid_redirect_uri", async () => {
  const bad = [
    "", " ", "x", "/callback", "//evil.example", "http://app.example/callback", "http://app.example:80/", "http://127.0.0.1.evil.example/",
    "http://127.0.0.2/", "http://localhost.evil.example/",
    "http://user@127.0.0.1/", "https://user:password@app.example/", "https://app.example/#fragment", "https://app.example/#",
    "https://*.example/callback", "https://app.example/*", "https://app.example/../callback",
    "https://app.example/%2e%2e/callback", "https://app.example/%2fcallback", "https://app.example\\@evil.example/", "https://app.example/a b",
    "https://app.example/\r\nx", "https://app.example/\u0000", "https:///callback", "https://",
    "https:app.example", "javascript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "about:blank",
    "blob:https://x", "urn:ietf:wg:oauth:2.0:oob", "ftp://app.example/", "myapp://callback", "com.example.app://u@host/x",
    "https://app.example:99999/", "https://\u0430pp.example/", `https://app.example/${"a".repeat(2048)}`,
  ];
  assert.ok(bad.length >= 40);
  for (const uri of bad) assertRefused(await ask(withRedirect(uri)), ["invalid_redirect_uri"], JSON.stringify(uri).slice(0, 80));
  assertRefused(await ask({ client_name: "none" }), "invalid_redirect_uri", "none");
  assertRefused(await ask({ redirect_uris: [] }), "invalid_redirect_uri", "an empty list");
  assertRefused(await ask({ redirect_uris: [REDIRECT, "http://evil.example/"] }), "invalid_redirect_uri", "one good does not carry one bad");
  assertRefused(await ask(withRedirect(REDIRECT, { post_logout_redirect_uris: ["javascript:alert(1)"] })), "invalid_redirect_uri", "after logout");
});

test("redirect URIs at their limits: 2048 characters and 50 of them, and no more", async () => {
  const base = "https://app.example/";
  const longest = base + "a".repeat(2048 - base.length);
  assert.equal((await ask(withRedirect(longest))).status, 201);
  assertRefused(await ask(withRedirect(`${longest}a`)), "invalid_redirect_uri");
  const many = Array.from({ length: 50 }, (_, i) => `${base}${i}`);
  assert.equal((await ask({ redirect_uris: many })).status, 201);
  assertRefused(await ask({ redirect_uris: [...many, `${base}x`] }), "invalid_redirect_uri");
  assert.equal((await ask(withRedirect(REDIRECT, { client_name: "n".repeat(200) }))).status, 201);
  assertRefused(await ask(withRedirect(REDIRECT, { client_name: "n".repeat(201) })), "invalid_client_metadata");
});

test("RFC 7591 section 3.2.2: metadata of the wrong type, kind or value is invalid_client_metadata, and never a 5xx", async () => {
  const privateKey = { kty: "EC", crv: "P-256", x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", d: "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI" };
  const table: Json[] = [
    { client_name: 1 }, { client_name: ["x"] }, { client_name: {} }, { client_name: "a\u0000b" }, { client_name: "a\nb" },
    { client_name: "safe\u202etxt.exe" }, { client_name: "\u2066x" },
    { redirect_uris: REDIRECT }, { redirect_uris: [1] }, { redirect_uris: [null] }, { redirect_uris: {} }, { redirect_uris: [[REDIRECT]] },
    { grant_types: "authorization_code" }, { grant_types: [1] }, { grant_types: ["password"] }, { grant_types: [] },
    { grant_types: ["client_credentials"] }, { response_types: ["token"] }, { response_types: "code" },
    { token_endpoint_auth_method: "magic" }, { token_endpoint_auth_method: 7 }, { token_endpoint_auth_method: "client_secret_jwt" },
    { token_endpoint_auth_method: "private_key_jwt" },
    { jwks: "x" }, { jwks: [] }, { jwks: { keys: [] } }, { jwks: { keys: [privateKey] } }, { jwks: { keys: [{ kty: "oct", k: "AAAA" }] } },
    { jwks_uri: "http://app.example/jwks" }, { jwks_uri: "file:///etc/passwd" },
    { jwks_uri: "https://app.example/jwks", jwks: { keys: [ecKey("a").publicJwk] } }, { client_uri: "javascript:alert(1)" },
    { logo_uri: "data:image/png,x" }, { tos_uri: 3 }, { policy_uri: "//evil" },
    { application_type: "desktop" }, { subject_type: "pairwise" }, { id_token_signed_response_alg: "none" },
    { id_token_signed_response_alg: "HS256" }, { token_endpoint_auth_signing_alg: "none" },
    { scope: 5 }, { scope: "a\u0001b" }, { scope: "s".repeat(2049) }, { dpop_bound_access_tokens: "yes" }, { require_signed_request_object: true },
    { resource: "https://nobody.example/" }, { resource: 4 },
  ];
  assert.ok(table.length >= 40);
  for (const changes of table) {
    const reply = await ask(withRedirect(REDIRECT, changes));
    assert.equal(reply.status, 400, `${JSON.stringify(changes).slice(0, 120)}: ${reply.status} ${reply.text.slice(0, 200)}`);
    assertRefused(reply, ["invalid_client_metadata", "invalid_redirect_uri", "invalid_target"], JSON.stringify(changes).slice(0, 120));
  }
});

const ROBOT: Json = { client_name: "Robot", token_endpoint_auth_method: "client_secret_post", grant_types: ["client_credentials"] };
const asItself = async (issuer: string, made: Json): Promise<Reply> => await askToken(issuer, {
  grant_type: "client_credentials", client_id: String(made["client_id"]), client_secret: String(made["client_secret"]),
});

test("RFC 7591 sections 2 and 3.2.2: who registers by themselves cannot act without a person; a builder's client can", async () => {
  assertRefused(await ask(ROBOT), "invalid_client_metadata", "nothing would be left");
  const replaced = await ask({ ...ROBOT, redirect_uris: [REDIRECT], grant_types: ["authorization_code", "client_credentials"] });
  assert.equal(replaced.status, 201, replaced.text);
  assert.deepEqual(replaced.body["grant_types"], ["authorization_code"], "section 3.2.1: the answer says what was registered");
  assertRefused(await asItself(server.issuer, replaced.body), "unauthorized_client");
  const update = { ...ROBOT, client_id: replaced.body["client_id"], redirect_uris: [REDIRECT] };
  const updated = await send(String(replaced.body["registration_client_uri"]), {
    method: "PUT",
    headers: { "content-type": "application/json", ...bearer(String(replaced.body["registration_access_token"])) },
    body: JSON.stringify(update),
  });
  assertRefused(updated, "invalid_client_metadata", "RFC 7592 is no way around");
  const own = await server.person.post("apps/clients", ROBOT);
  assert.equal((await asItself(server.issuer, own.body)).status, 200);
});

test("oauth.dynamic_client_credentials opens it to every client that authenticates", async () => {
  const open = await startServer({ env: { VALETKEY_OAUTH_DYNAMIC_CLIENT_CREDENTIALS: "true" } });
  try {
    const made = await postJson(`${open.issuer}/oauth/register`, ROBOT);
    assert.equal(made.status, 201, made.text);
    assert.deepEqual(made.body["grant_types"], ["client_credentials"]);
    const given = await asItself(open.issuer, made.body);
    assert.equal(given.status, 200, given.text);
    assert.equal(given.body["refresh_token"], undefined);
    assertRefused(await postJson(`${open.issuer}/oauth/register`, { ...ROBOT, token_endpoint_auth_method: "none" }), "invalid_client_metadata", "a public client");
  } finally {
    await open.stop();
  }
});

test("RFC 7591 section 3.1: a body that is no JSON object, of another type or too large, is a 4xx in JSON", async () => {
  const bodies: [string, string | undefined, string][] = [
    ["empty", "application/json", ""], ["array", "application/json", "[]"], ["null", "application/json", "null"], ["number", "application/json",
    "1e999"], ["cut off", "application/json", '{"redirect_uris":['],
    ["trailing", "application/json", "{} {}"], ["deep array", "application/json", "[".repeat(60_000)], ["deep object",
    "application/json", '{"a":'.repeat(10_000)], ["not UTF-8", "application/json", "\u00ff"], ["surrogate",
    "application/json", '{"client_name":"\\ud800","redirect_uris":["https://a.example/"]}'],
    ["form", "application/x-www-form-urlencoded", "redirect_uris=https://a.example/"], ["text", "text/plain", "{}"], ["multipart",
    "multipart/form-data", "{}"], ["odd type", "application/json/x", "{}"], ["unfinished type", ";", "{}"],
    ["single quotes", "application/json", "{'a':1}"], ["comment", "application/json", "{/* */}"], ["NaN", "application/json", '{"a":NaN}'],
  ];
  for (const [what, type, body] of bodies) {
    const reply = await send(`${server.issuer}/oauth/register`, { method: "POST", headers: type === undefined ? {} : { "content-type": type }, body });
    assertRefused(reply, ["invalid_client_metadata", "invalid_redirect_uri", "invalid_request"], what);
  }
  for (const uris of [["https://a.example/", "http://evil.example/"], ["http://evil.example/", "https://a.example/"]]) {
    const body = `{"redirect_uris":["${uris[0]}"],"redirect_uris":["${uris[1]}"]}`;
    const twice = await send(`${server.issuer}/oauth/register`, { method: "POST", headers: { "content-type": "application/json" }, body });
    assert.ok(twice.status === 400 || !twice.text.includes("evil"), "RFC 8259 section 4: of two members the one that was checked is kept, or none");
  }
  const padded = JSON.stringify(withRedirect(REDIRECT, { software_id: "x".repeat(65_000) }));
  assert.ok(padded.length < 65_536);
  assert.ok((await send(`${server.issuer}/oauth/register`, { method: "POST", headers: { "content-type": "application/json" }, body: padded })).status < 500);
  const large = await send(`${server.issuer}/oauth/register`, { method: "POST", headers: { "content-type": "application/json" }, body: padded + " ".repeat(65_537 - padded.length) });
  assert.equal(large.status, 413);
  for (const method of ["GET", "PUT", "DELETE", "HEAD"]) assert.equal((await raw(server.issuer, "/oauth/register", method)).status, 405, method);
});

test("a client cannot choose its own id, secret, kind or token by naming them", async () => {
  const asked = { client_id: "admin", client_secret: "mine", registration_access_token: "mine", client_id_issued_at: 1, kind: "builder", owner: "x", auth_methods: ["none"], first_party: true };
  const reply = await ask(withRedirect(REDIRECT, asked));
  if (reply.status === 201) {
    for (const name of ["client_id", "registration_access_token"]) assert.notEqual(reply.body[name], (asked as Json)[name], name);
    assert.equal("client_secret" in reply.body, false);
    for (const name of ["kind", "owner", "first_party"]) assert.equal(name in reply.body, false, name);
  } else {
    assertRefused(reply, "invalid_client_metadata");
  }
});

test("RFC 7592 section 2, 3: read, replace and delete with its own token; afterwards the client is gone and its tokens too", async () => {
  const client = await register(server.issuer);
  const read = await send(client.registrationUri, { headers: bearer(client.registrationToken) });
  assert.equal(read.status, 200);
  assert.equal(read.headers.get("cache-control"), "no-store");
  assert.equal(read.body["client_id"], client.id);
  const put = (body: Json) => send(client.registrationUri, { method: "PUT", headers: { "content-type": "application/json", ...bearer(client.registrationToken) }, body: JSON.stringify(body) });
  const changed = await put({ client_id: client.id, client_name: "New", redirect_uris: [REDIRECT] });
  assert.equal(changed.status, 200, changed.text);
  assert.equal(changed.body["client_name"], "New");
  assertRefused(await put({ client_id: client.id, redirect_uris: ["http://evil.example/"] }), "invalid_redirect_uri", "the same rules");
  assertRefused(await put({ client_id: "another", redirect_uris: [REDIRECT] }), ["invalid_client_metadata", "invalid_request"], "section 2.2: its own client_id");
  const { refresh } = await freshTokens(server, client);
  const gone = await send(client.registrationUri, { method: "DELETE", headers: bearer(client.registrationToken) });
  assert.equal(gone.status, 204);
  assert.equal((await send(client.registrationUri, { headers: bearer(client.registrationToken) })).status, 401, "section 2.1");
  const after = await askToken(server.issuer, refreshForm(client, refresh));
  assert.equal(after.status, 401, "401 invalid_client tells a client to register anew");
  assertRefused(after, "invalid_client");
});

test("RFC 7592 section 2.1: no, another's, a cut or an access token does not manage a client, nor tell that it exists", async () => {
  const client = await register(server.issuer);
  const other = await register(server.issuer);
  const { access } = await freshTokens(server, client);
  const replies: Reply[] = [];
  for (const method of ["GET", "PUT", "DELETE"]) {
    for (const token of ["", "x", other.registrationToken, client.registrationToken.slice(1), access, client.id]) {
      const body = method === "PUT" ? { body: JSON.stringify({ client_id: client.id, redirect_uris: [REDIRECT] }) } : {};
      const reply = await send(client.registrationUri, { method, headers: { "content-type": "application/json", ...(token === "" ? {} : bearer(token)) }, ...body });
      assert.equal(reply.status, 401, `${method} with ${token.slice(0, 10)}: ${reply.status}`);
      assert.match(reply.headers.get("www-authenticate") ?? "", /^Bearer/);
      replies.push(reply);
    }
  }
  const nobody = await send(`${server.issuer}/oauth/client/nobody`, { headers: bearer(client.registrationToken) });
  assert.equal(nobody.status, 401);
  assert.equal(nobody.text, replies[1]?.text, "the same for a client that is not there");
  for (const path of ["/oauth/client/", "/oauth/client/%00", "/oauth/client/..%2f..", `/oauth/client/${"a".repeat(3000)}`]) {
    const reply = await raw(server.issuer, path, "GET", [`Authorization: Bearer ${client.registrationToken}`]);
    assert.ok(reply.status >= 400 && reply.status < 500, `${path.slice(0, 30)}: ${reply.status}`);
  }
});

test("registration is slowed down: beyond its rate an address gets 429 and when to come again", async () => {
  const slow = await startServer({ env: { VALETKEY_SERVER_REGISTRATION_PER_MINUTE: "5" } });
  try {
    const replies: Reply[] = [];
    for (let i = 0; i < 12; i++) replies.push(await postJson(`${slow.issuer}/oauth/register`, withRedirect(REDIRECT)));
    const late = replies.filter((reply) => reply.status === 429);
    assert.ok(late.length >= 5, replies.map((reply) => reply.status).join(" "));
    assert.ok(Number(late[0]?.headers.get("retry-after")) > 0);
  } finally {
    await slow.stop();
  }
});
