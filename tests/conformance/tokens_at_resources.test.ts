// What a protected resource takes for a token: RFC 6750, RFC 9068, RFC 8725, RFC 9728, RFC 9449 section 7.1, and MCP's authorization.
import assert from "node:assert/strict";
import { createHmac, generateKeyPairSync } from "node:crypto";
import { after, before, test } from "node:test";
import type { OauthServer } from "../integration/support/oauth_client.ts";
import {
  callTool, ecKey, encodeJson, freshTokens, postForm, publicDer, publicPem, raw, rawHeader, readJwt, register, send, signEs256, startServer,
  type Client, type Json, type Reply, type Tokens,
} from "./support.ts";

let server: OauthServer;
let client: Client;
let tokens: Tokens;
let jwks: Json[];

before(async () => {
  server = await startServer();
  client = await register(server.issuer);
  tokens = await freshTokens(server, client, { resource: server.resource, scope: "openid profile email" });
  jwks = ((await send(`${server.issuer}/oauth/jwks`)).body["keys"] as Json[]) ?? [];
});

after(async () => await server.stop());

// A call of a tool that needs the person.
const callMcp = (headers: Record<string, string>, query = ""): Promise<Reply> => callTool(`${server.issuer}/mcp${query}`, headers, "whoami");
const ping = (headers: Record<string, string>): Promise<Reply> => send(`${server.issuer}/mcp/ping`, { headers });
const userinfo = (headers: Record<string, string>): Promise<Reply> => send(`${server.issuer}/oauth/userinfo`, { headers });

async function assertTokenRefused(token: string, what: string): Promise<void> {
  for (const [where, call] of [["mcp", callMcp], ["ping", ping], ["userinfo", userinfo]] as const) {
    const reply = await call({ authorization: `Bearer ${token}` });
    assert.equal(reply.status, 401, `${what} at ${where}: ${reply.status} ${reply.text.slice(0, 200)}`);
    const challenge = reply.headers.get("www-authenticate") ?? "";
    assert.match(challenge, /^Bearer .*error="invalid_token"/, `${what} at ${where}: ${challenge}`);
    assert.doesNotMatch(reply.text, /example\.org/, what);
  }
}

test("RFC 6750 section 2.1: the good token is taken, whatever the case of the scheme", async () => {
  for (const scheme of ["Bearer", "bearer", "BEARER"]) {
    assert.equal((await callMcp({ authorization: `${scheme} ${tokens.access}` })).status, 200);
    assert.equal((await ping({ authorization: `${scheme} ${tokens.access}` })).status, 200);
    const told = await userinfo({ authorization: `${scheme} ${tokens.access}` });
    assert.equal(told.body["email"], server.email);
    assert.equal(told.body["sub"], readJwt(tokens.id).claims["sub"]);
  }
});

test("RFC 9068 section 2: the token's header and claims, and no claim of a scope that was not given", async () => {
  const { header, claims } = readJwt(tokens.access);
  assert.equal(header["typ"], "at+jwt");
  assert.equal(header["alg"], "ES256");
  assert.ok(jwks.some((key) => key["kid"] === header["kid"]));
  assert.equal(claims["iss"], server.issuer);
  assert.equal(claims["aud"], server.resource);
  assert.equal(claims["client_id"], client.id);
  for (const name of ["sub", "exp", "iat", "jti", "scope"]) assert.ok(name in claims, name);
  const bare = readJwt((await freshTokens(server, client, { scope: "openid" })).access);
  assert.equal("email" in bare.claims, false);
  for (const key of jwks) for (const secret of ["d", "p", "q", "dp", "dq", "qi", "k"]) assert.equal(secret in key, false, "public keys only");
});

test("RFC 8725 section 2.1, 3.1: no algorithm but the key's own: none, HMAC with the public key, other curves", async () => {
  const { header, claims } = readJwt(tokens.access);
  const [h = "", c = "", s = ""] = tokens.access.split(".");
  const ours = jwks.find((key) => key["kid"] === header["kid"]) ?? {};
  for (const alg of ["none", "None", "NONE", "nOnE", "", "none\u0000"]) {
    const unsigned = encodeJson({ ...header, alg });
    for (const signature of ["", s]) await assertTokenRefused(`${unsigned}.${c}.${signature}`, `alg ${alg}`);
  }
  const keys: [string, Buffer | string][] = [
    ["PEM", publicPem(ours)], ["PEM without end", publicPem(ours).trimEnd()], ["DER", publicDer(ours)], ["JWK", JSON.stringify(ours)],
    ["x", Buffer.from(String(ours["x"]), "base64url")], ["empty", ""],
  ];
  for (const alg of ["HS256", "HS384", "HS512"]) {
    for (const [name, secret] of keys) {
      const input = `${encodeJson({ ...header, alg })}.${encodeJson(claims)}`;
      const signature = createHmac(alg.replace("HS", "sha"), secret).update(input).digest("base64url");
      await assertTokenRefused(`${input}.${signature}`, `${alg} with ${name}`);
    }
  }
  for (const alg of ["RS256", "PS256", "ES384", "ES512", "EdDSA", "ES256K"]) {
    await assertTokenRefused(`${encodeJson({ ...header, alg })}.${c}.${s}`, alg);
  }
  assert.ok(h !== "");
});

test("RFC 8725 section 3.10, RFC 7515 section 4.1: keys a token brings along or points to are not looked at", async () => {
  const { header, claims } = readJwt(tokens.access);
  const mine = ecKey(String(header["kid"]));
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const certificate = rsa.publicKey.export({ type: "spki", format: "der" }).toString("base64");
  const headers: [string, Json][] = [
    ["same kid", header], ["jwk", { ...header, jwk: mine.publicJwk }], ["jku", { ...header, jku: `${server.issuer}/oauth/jwks` }], ["x5u",
    { ...header, x5u: "https://evil.example/x" }],
    ["x5c", { ...header, x5c: [certificate] }], ["no kid", { alg: "ES256", typ: "at+jwt" }], ["crit", { ...header, crit: ["b64"], b64: false }],
  ];
  for (const [what, head] of headers) await assertTokenRefused(signEs256(head, claims, mine.privateKey), what);
  const [, c = "", s = ""] = tokens.access.split(".");
  for (const kid of ["", "../../etc/passwd", "/dev/null", "' OR '1'='1", "x' UNION SELECT 1--", "\u0000", "k".repeat(10_000), "http://127.0.0.1/"]) {
    await assertTokenRefused(`${encodeJson({ ...header, kid })}.${c}.${s}`, `kid ${kid.slice(0, 20)}`);
  }
  for (const kid of [1, null, {}, [], true]) await assertTokenRefused(`${encodeJson({ ...header, kid })}.${c}.${s}`, `kid ${JSON.stringify(kid)}`);
});

test("RFC 7515 section 5.2: a changed, cut, padded, re-encoded or joined token is none", async () => {
  const { header, claims } = readJwt(tokens.access);
  const [h = "", c = "", s = ""] = tokens.access.split(".");
  const flipped = (text: string): string => `${text.startsWith("A") ? "B" : "A"}${text.slice(1)}`;
  const changed: [string, string][] = [
    ["other claims", `${h}.${encodeJson({ ...claims, scope: "openid email ai.use admin" })}.${s}`], ["other person",
    `${h}.${encodeJson({ ...claims, sub: "someone" })}.${s}`],
    ["longer life", `${h}.${encodeJson({ ...claims, exp: 9_999_999_999 })}.${s}`], ["duplicate key",
    `${h}.${encodeJson(`{"scope":"admin",${JSON.stringify(claims).slice(1)}`)}.${s}`],
    ["no typ", `${encodeJson({ alg: header["alg"], kid: header["kid"] })}.${c}.${s}`], ["signature flipped", `${h}.${c}.${flipped(s)}`],
    ["signature cut", `${h}.${c}.${s.slice(0, -1)}`],
    ["no signature", `${h}.${c}.`], ["two parts", `${h}.${c}`], ["four parts", `${tokens.access}.${s}`], ["five parts", `${tokens.access}..`],
    ["zero r and s", `${h}.${c}.${Buffer.alloc(64).toString("base64url")}`],
    ["padded", `${tokens.access}=`], ["plain base64", `${h}.${c}.+/${s.slice(2)}`], ["newline", `${h}\\n.${c}.${s}`], ["one letter", "x"], ["dots",
    ".."], ["long", "A".repeat(7000)],
    ["json", encodeJson({ sub: "x" })], ["stray last bits", nonCanonical(tokens.access)],
  ];
  for (const [what, token] of changed) await assertTokenRefused(token, what);
});

// The last of the 86 characters of 64 bytes carries four bits that mean nothing: another spelling of the same bytes.
function nonCanonical(token: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const last = alphabet.indexOf(token.at(-1) ?? "A");
  return token.slice(0, -1) + (alphabet[last ^ 1] ?? "");
}

test("RFC 9068 section 4, RFC 8725 section 3.11: an ID token, a refresh token and a code are no access tokens", async () => {
  await assertTokenRefused(tokens.id, "ID token");
  await assertTokenRefused(tokens.refresh, "refresh token");
  await assertTokenRefused(client.registrationToken, "registration token");
});

test("MCP token handling, RFC 8707 section 2.2: a token for another resource is not taken", async () => {
  const second = await startServer();
  try {
    const foreign = await register(second.issuer);
    await assertTokenRefused((await freshTokens(second, foreign)).access, "another server's");
  } finally {
    await second.stop();
  }
  const made = await server.person.post("apps/resources", { uri: "https://notes.example/mcp", name: "Notes", scopes: [{ name: "notes.read", description: "Read notes" }] });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const other = await freshTokens(server, client, { resource: "https://notes.example/mcp", scope: "openid notes.read" });
  assert.equal(readJwt(other.access).claims["aud"], "https://notes.example/mcp");
  for (const call of [callMcp, ping]) assert.equal((await call({ authorization: `Bearer ${other.access}` })).status, 401);
});

test("RFC 7009 section 2.1: a revoked token is refused at once, at every resource", async () => {
  const mine = await freshTokens(server, client, { resource: server.resource });
  assert.equal((await ping({ authorization: `Bearer ${mine.access}` })).status, 200, "taken, and now held as verified");
  assert.equal((await postForm(`${server.issuer}/oauth/revoke`, { client_id: client.id, token: mine.access })).status, 200);
  await assertTokenRefused(mine.access, "revoked");
});

test("RFC 6750 section 2.3, MCP: a token in the query is none, and two tokens are malformed", async () => {
  const query = `?access_token=${tokens.access}`;
  assert.equal((await callMcp({}, query)).status, 401);
  assert.equal((await send(`${server.issuer}/mcp/ping${query}`)).status, 401);
  assert.equal((await send(`${server.issuer}/oauth/userinfo${query}`)).status, 401);
  for (const path of ["/mcp/ping", "/oauth/userinfo"]) {
    const two = await raw(server.issuer, path, "GET", [`Authorization: Bearer ${tokens.access}`, `Authorization: Bearer ${tokens.access}`]);
    assert.equal(two.status, 400, `${path}: ${two.status}`);
  }
  const form = await postForm(`${server.issuer}/oauth/userinfo`, { access_token: tokens.access }, { authorization: `Bearer ${tokens.access}` });
  assert.equal(form.status, 400, "RFC 6750 section 2: one method per request");
  assert.equal((await postForm(`${server.issuer}/oauth/userinfo`, { access_token: tokens.access })).status, 200);
});

test("RFC 6750 section 3, RFC 9728 section 5.1: without a token 401, where to learn more, and no error word", async () => {
  for (const reply of [await callMcp({}), await ping({}), await callMcp({ authorization: "Basic eDp5" })]) {
    assert.equal(reply.status, 401);
    const challenge = reply.headers.get("www-authenticate") ?? "";
    assert.match(challenge, /^Bearer /);
    assert.doesNotMatch(challenge, /error=/);
    const where = /resource_metadata="([^"]+)"/.exec(challenge)?.[1] ?? "";
    const metadata = await send(where);
    assert.equal(metadata.body["resource"], server.resource);
    assert.doesNotMatch(/scope="([^"]*)"/.exec(challenge)?.[1] ?? "", /offline_access/, "MCP: not in the challenge");
  }
  const anonymous = await userinfo({});
  assert.equal(anonymous.status, 401);
  assert.match(anonymous.headers.get("www-authenticate") ?? "", /^Bearer /);
});

test("OpenID Connect Core section 5.3: userinfo needs scope openid: 403 insufficient_scope without it", async () => {
  const plain = await freshTokens(server, client, { scope: "email" });
  const reply = await userinfo({ authorization: `Bearer ${plain.access}` });
  assert.equal(reply.status, 403, reply.text);
  assert.match(reply.headers.get("www-authenticate") ?? "", /error="insufficient_scope"/);
});

test("RFC 9449 section 7.1: a bearer token under the DPoP scheme is refused with a DPoP challenge or invalid_token", async () => {
  for (const call of [callMcp, ping, userinfo]) {
    const reply = await call({ authorization: `DPoP ${tokens.access}` });
    assert.equal(reply.status, 401);
    assert.match(reply.headers.get("www-authenticate") ?? "", /error="invalid_token"/);
  }
});

test("RFC 6750 section 5.3: answers with a person in them are never stored", async () => {
  const reply = await raw(server.issuer, "/oauth/userinfo", "GET", [`Authorization: Bearer ${tokens.access}`]);
  assert.deepEqual(rawHeader(reply, "cache-control"), ["no-store"]);
});
