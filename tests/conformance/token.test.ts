// The token endpoint: RFC 6749 sections 2.3, 4.1.3, 5 and 6; RFC 7636 section 4.6; RFC 7523; RFC 9700 sections 2.1.1 and 4.14.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import type { OauthServer } from "../integration/support/oauth_client.ts";
import {
  ASSERTION_TYPE, askToken, assertRefused, basic, DEVICE_GRANT, ecKey, encodeJson, freshCode, freshTokens, newVerifier, postForm, raw, rawHeader,
  refreshForm, register, send, signEs256, startServer, userinfo, type Client, type Json, type SigningKey,
} from "./support.ts";

const RACERS = 64;

let server: OauthServer;
let client: Client;
let other: Client;
let secretClient: Client;
let keyClient: Client;
let key: SigningKey;

before(async () => {
  server = await startServer();
  client = await register(server.issuer, { grant_types: ["authorization_code", "refresh_token", DEVICE_GRANT] });
  other = await register(server.issuer, { grant_types: ["authorization_code", "refresh_token", DEVICE_GRANT] });
  secretClient = await register(server.issuer, { token_endpoint_auth_method: "client_secret_basic" });
  key = ecKey("k1");
  keyClient = await register(server.issuer, { token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [key.publicJwk] } });
});

after(async () => await server.stop());

test("RFC 6749 section 4.1.3: of the sixteen ways to redeem a code the fifteen wrong ones fail", async () => {
  for (let row = 1; row < 16; row++) {
    const form = await freshCode(server, client);
    const what = { used: (row & 1) !== 0, client: (row & 2) !== 0, redirect: (row & 4) !== 0, verifier: (row & 8) !== 0 };
    if (what.used) assert.equal((await askToken(server.issuer, form)).status, 200);
    const wrong = {
      ...form,
      ...(what.client ? { client_id: other.id } : {}),
      ...(what.redirect ? { redirect_uri: "https://app.example/other" } : {}),
      ...(what.verifier ? { code_verifier: newVerifier().verifier } : {}),
    };
    const refused = await askToken(server.issuer, wrong);
    assert.equal(refused.status, 400, JSON.stringify(what));
    assertRefused(refused, "invalid_grant", JSON.stringify(what));
    if (!what.used) assert.equal((await askToken(server.issuer, form)).status, 200, `who is wrong takes nothing away: ${JSON.stringify(what)}`);
  }
});

test("RFC 7636 section 4.6: no verifier, one of the wrong length, alphabet or form, or the challenge itself, is not enough", async () => {
  const form = await freshCode(server, client);
  const good = form.code_verifier;
  const wrong = ["", good.slice(1), `${good}A`, good.toUpperCase(), `${good}=`, ` ${good}`, `${good}\n`, "a".repeat(42), "a".repeat(129), "ä".repeat(43), "a".repeat(43)];
  for (const verifier of wrong) assertRefused(await askToken(server.issuer, { ...form, code_verifier: verifier }), ["invalid_grant", "invalid_request"], verifier);
  const { code_verifier: _, ...without } = form;
  assertRefused(await askToken(server.issuer, without), ["invalid_grant", "invalid_request"], "none");
  assert.equal((await askToken(server.issuer, form)).status, 200);
});

test("RFC 6749 section 4.1.2: of 64 parallel redemptions one wins, and afterwards nothing of that grant is good", async () => {
  const form = await freshCode(server, client);
  const replies = await Promise.all(Array.from({ length: RACERS }, () => askToken(server.issuer, form)));
  const won = replies.filter((reply) => reply.status === 200);
  assert.equal(won.length, 1);
  for (const reply of replies) if (reply.status !== 200) assertRefused(reply, "invalid_grant");
  assertRefused(await askToken(server.issuer, refreshForm(client, String(won[0]?.body["refresh_token"]))), "invalid_grant", "refresh");
  assert.equal((await userinfo(server.issuer, String(won[0]?.body["access_token"]))).status, 401);
});

test("RFC 9700 section 4.14.2: 64 parallel refreshes get one successor, all the same, and it is good", async () => {
  const { refresh } = await freshTokens(server, client);
  const replies = await Promise.all(Array.from({ length: RACERS }, () => askToken(server.issuer, refreshForm(client, refresh))));
  for (const reply of replies) assert.equal(reply.status, 200, reply.text);
  const successors = new Set(replies.map((reply) => String(reply.body["refresh_token"])));
  assert.equal(successors.size, 1);
  assert.ok(!successors.has(refresh), "rotated");
  assert.equal((await askToken(server.issuer, refreshForm(client, [...successors][0] ?? ""))).status, 200);
});

test("RFC 9700 section 4.14.2: a refresh token two generations old ends the family, for its own client only", async () => {
  const { refresh, access } = await freshTokens(server, client);
  const second = String((await askToken(server.issuer, refreshForm(client, refresh))).body["refresh_token"]);
  const third = String((await askToken(server.issuer, refreshForm(client, second))).body["refresh_token"]);
  assertRefused(await askToken(server.issuer, refreshForm(other, refresh)), "invalid_grant", "a stranger's use");
  const still = await askToken(server.issuer, refreshForm(client, third));
  assert.equal(still.status, 200, "a stranger cannot end it");
  assertRefused(await askToken(server.issuer, refreshForm(client, refresh)), "invalid_grant", "reuse");
  for (const token of [second, third, String(still.body["refresh_token"])]) assertRefused(await askToken(server.issuer, refreshForm(client, token)), "invalid_grant", "the family");
  assert.equal((await userinfo(server.issuer, access)).status, 401);
});

test("RFC 6749 section 6: a refresh narrows scope and never widens it, nor its resource", async () => {
  const { refresh } = await freshTokens(server, client, { scope: "openid email" });
  assertRefused(await askToken(server.issuer, { ...refreshForm(client, refresh), scope: "openid email profile" }), "invalid_scope", "wider");
  assertRefused(await askToken(server.issuer, { ...refreshForm(client, refresh), resource: "https://other.example" }), "invalid_target", "other resource");
  const narrow = await askToken(server.issuer, { ...refreshForm(client, refresh), scope: "openid" });
  assert.equal(narrow.status, 200, narrow.text);
  assert.equal(narrow.body["scope"], "openid");
});

test("RFC 6749 section 10.3, 10.4: codes, refresh tokens and device codes are their client's", async () => {
  const code = await freshCode(server, client);
  assertRefused(await askToken(server.issuer, { ...code, client_id: other.id }), "invalid_grant", "code");
  assertRefused(await askToken(server.issuer, { ...code, client_id: secretClient.id }, {}), "invalid_client", "code, as a client with a secret");
  const { refresh } = await freshTokens(server, client);
  assertRefused(await askToken(server.issuer, refreshForm(other, refresh)), "invalid_grant", "refresh");
  const device = await postForm(`${server.issuer}/oauth/device_authorization`, { client_id: client.id, scope: "openid" });
  assert.equal(device.status, 200, device.text);
  await server.person.approveDevice(String(device.body["user_code"]));
  const poll = (id: string): Record<string, string> => ({ grant_type: DEVICE_GRANT, client_id: id, device_code: String(device.body["device_code"]) });
  assertRefused(await askToken(server.issuer, poll(other.id)), "invalid_grant", "device code");
  const replies = await Promise.all(Array.from({ length: 16 }, () => askToken(server.issuer, poll(client.id))));
  assert.equal(replies.filter((reply) => reply.status === 200).length, 1, "one of sixteen parallel polls");
  for (const crossed of [{ ...code, code: refresh }, refreshForm(client, code.code), { ...poll(client.id), device_code: code.code }]) {
    assertRefused(await askToken(server.issuer, crossed), ["invalid_grant", "invalid_request"], "one kind for another");
  }
});

test("RFC 6749 section 5.1: a token answer is JSON, never stored, and says its type, life and scope", async () => {
  const reply = await askToken(server.issuer, await freshCode(server, client));
  assert.equal(reply.status, 200);
  assert.match(reply.headers.get("content-type") ?? "", /^application\/json/);
  assert.equal(reply.headers.get("cache-control"), "no-store");
  assert.equal(reply.headers.get("pragma"), "no-cache");
  assert.equal(String(reply.body["token_type"]).toLowerCase(), "bearer");
  assert.equal(typeof reply.body["expires_in"], "number");
  assert.equal(typeof reply.body["scope"], "string");
});

test("RFC 6749 section 2.3.1: Basic both form-encoded and raw, and with a wrong secret 401 with a challenge", async () => {
  const redeem = async (headers: Record<string, string>, form: Record<string, string> = {}) => {
    const { client_id: _, ...code } = await freshCode(server, secretClient);
    return await askToken(server.issuer, { ...code, ...form }, headers);
  };
  const encoded = (text: string): string => [...text].map((c) => `%${c.charCodeAt(0).toString(16)}`).join("");
  assert.equal((await redeem(basic(secretClient.id, secretClient.secret))).status, 200, "raw");
  assert.equal((await redeem(basic(encoded(secretClient.id), encoded(secretClient.secret)))).status, 200, "encoded");
  for (const [id, secret] of [[secretClient.id, "wrong"], [secretClient.id, ""], [secretClient.id, `${secretClient.secret}x`],
    ["nobody", secretClient.secret], ["", ""], [client.id, secretClient.secret]] as const) {
    const refused = await redeem(basic(id, secret));
    assertRefused(refused, "invalid_client", `${id}:${secret.slice(0, 5)}`);
    assert.equal(refused.status, 401);
    assert.match(refused.headers.get("www-authenticate") ?? "", /^Basic /, "RFC 6749 section 5.2");
  }
  for (const header of ["Basic", "Basic !!!!", "Basic Og==", `Basic ${"A".repeat(20000)}`, "Digest x", `Bearer ${secretClient.secret}`]) {
    const refused = await redeem({ authorization: header });
    assert.ok([400, 401, 431].includes(refused.status), `${header.slice(0, 20)}: ${refused.status}`);
  }
});

test("RFC 6749 section 2.3: not two ways at once, not in the query, and a secret is not optional", async () => {
  const code = await freshCode(server, secretClient);
  assertRefused(await askToken(server.issuer, { ...code, client_secret: secretClient.secret }, basic(secretClient.id, secretClient.secret)), "invalid_request", "two ways");
  assertRefused(await askToken(server.issuer, code), "invalid_client", "without");
  const { client_id: _, ...anonymous } = code;
  assertRefused(await askToken(server.issuer, anonymous), "invalid_client", "nobody");
  const query = new URLSearchParams({ client_id: secretClient.id, client_secret: secretClient.secret }).toString();
  assertRefused(await postForm(`${server.issuer}/oauth/token?${query}`, anonymous), "invalid_client", "in the query");
  assertRefused(await askToken(server.issuer, { ...code, client_id: other.id }, basic(secretClient.id, secretClient.secret)), ["invalid_client", "invalid_request"], "two clients");
  const pub = await freshCode(server, client);
  assertRefused(await askToken(server.issuer, { ...pub, client_secret: "made up" }), "invalid_client", "a public client has no secret");
});

test("RFC 6749 section 5.2: unknown and missing grants, grants not registered, repeated parameters, GET", async () => {
  const ask = (form: Record<string, string> | [string, string][]) => askToken(server.issuer, form);
  for (const grant of ["password", "implicit", "authorization_code ", "AUTHORIZATION_CODE",
    "x".repeat(5000), "urn:ietf:params:oauth:grant-type:saml2-bearer"]) {
    assertRefused(await ask({ client_id: client.id, grant_type: grant }), "unsupported_grant_type", grant.slice(0, 30));
  }
  assertRefused(await ask({ client_id: client.id }), "invalid_request", "no grant_type");
  for (const grant of ["client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange", "urn:ietf:params:oauth:grant-type:jwt-bearer"]) {
    assertRefused(await ask({ client_id: client.id, grant_type: grant }), "unauthorized_client", grant);
  }
  const code = Object.entries(await freshCode(server, client)) as [string, string][];
  for (const [name, value] of code) assertRefused(await ask([...code, [name, value]]), "invalid_request", `twice ${name}`);
  const got = await send(`${server.issuer}/oauth/token?${new URLSearchParams(code).toString()}`);
  assert.equal(got.status, 405);
  assert.match(got.headers.get("allow") ?? "", /POST/);
});

test("RFC 6749 section 3.2: bodies of another type, malformed or too large are 4xx in JSON, and never a 5xx", async () => {
  const url = `${server.issuer}/oauth/token`;
  const form = new URLSearchParams({ ...(await freshCode(server, client)) }).toString();
  const bodies: [string, string, string][] = [
    ["text", "text/plain", form], ["multipart", "multipart/form-data; boundary=x", `--x\r\n\r\n${form}\r\n--x--`], ["xml", "application/xml", "<a/>"],
    ["JSON array", "application/json", "[]"], ["JSON cut off", "application/json", "{\"grant_type\":"], ["JSON number", "application/json",
    "{\"grant_type\":1}"],
    ["JSON twice", "application/json", "{\"grant_type\":\"a\",\"grant_type\":\"b\"}"], ["deep JSON", "application/json", "[".repeat(20000)],
    ["bad percent", "application/x-www-form-urlencoded", "grant_type=%zz"], ["not UTF-8", "application/x-www-form-urlencoded", "grant_type=%ff%fe"],
    ["NUL", "application/x-www-form-urlencoded", `${form}&x=%00`], ["many", "application/x-www-form-urlencoded", `${"a=1&".repeat(5000)}${form}`],
    ["empty", "application/x-www-form-urlencoded", ""],
  ];
  for (const [what, type, body] of bodies) {
    const reply = await send(url, { method: "POST", headers: { "content-type": type }, body });
    assertRefused(reply, ["invalid_request", "invalid_client", "unsupported_grant_type"], what);
  }
  const large = await send(url, { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, body: `${form}&x=${"a".repeat(65 * 1024)}` });
  assert.equal(large.status, 413, "one past the limit");
  const twoTypes = await raw(server.issuer, "/oauth/token", "POST", ["Content-Type: application/x-www-form-urlencoded", "Content-Type: text/plain"], form);
  assert.equal(twoTypes.status, 400);
  assert.equal(rawHeader(twoTypes, "access-control-allow-origin")[0], "*", "a browser's client reads the error");
  assert.equal((await postForm(url, [...new URLSearchParams(form)])).status, 200, "nothing of this used the code");
  const json = await send(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(await freshCode(server, client)) });
  assert.equal(json.status, 200, "a JSON body is read by the same rules, for the clients that send one");
});

test("RFC 7523 section 3, RFC 8725: client assertions that are forged, of another, for another, too old or used", async () => {
  const now = Math.floor(Date.now() / 1000);
  const claims = (changes: Json = {}): Json => ({ iss: keyClient.id, sub: keyClient.id, aud: server.issuer, iat: now, exp: now + 60, jti: randomBytes(12).toString("hex"), ...changes });
  const header: Json = { alg: "ES256", kid: "k1", typ: "JWT" };
  const stranger = ecKey("k1");
  const made = (changes: Json, head: Json = header): string => signEs256(head, claims(changes), key.privateKey);
  const good = made({});
  const [h = "", c = "", s = ""] = good.split(".");
  const without = (name: string): string => signEs256(header, Object.fromEntries(Object.entries(claims()).filter(([each]) => each !== name)), key.privateKey);
  const forged: [string, string][] = [
    ["none", `${encodeJson({ alg: "none" })}.${c}.`], ["None", `${encodeJson({ alg: "None" })}.${c}.${s}`], ["HS256",
    `${encodeJson({ alg: "HS256", kid: "k1" })}.${c}.${s}`],
    ["no signature", `${h}.${c}.`], ["two parts", `${h}.${c}`], ["four parts", `${good}.x`], ["zero signature",
    `${h}.${c}.${Buffer.alloc(64).toString("base64url")}`],
    ["another's key", signEs256(header, claims(), stranger.privateKey)],
    ["embedded jwk", signEs256({ ...header, jwk: stranger.publicJwk }, claims(), stranger.privateKey)],
    ["jku", signEs256({ ...header, jku: "https://evil.example/jwks.json" }, claims(), stranger.privateKey)], ["unknown kid", made({},
    { ...header, kid: "nope" })],
    ["crit", made({}, { ...header, crit: ["exp"] })], ["at+jwt", made({}, { ...header, typ: "at+jwt" })], ["dpop+jwt", made({},
    { ...header, typ: "dpop+jwt" })], ["id-jag", made({}, { ...header, typ: "oauth-id-jag+jwt" })],
    ["iss is not sub", made({ iss: other.id })], ["another client", made({ iss: other.id, sub: other.id })],
    ["aud", made({ aud: "https://evil.example" })],
    ["aud of two", made({ aud: [server.issuer, "https://evil.example"] })], ["aud longer", made({ aud: `${server.issuer}/x` })],
    ["no aud", without("aud")], ["no exp", without("exp")],
    ["no jti", without("jti")], ["no iss", without("iss")], ["no sub", without("sub")], ["expired", made({ exp: now - 3600 })],
    ["too far ahead", made({ exp: now + 10 * 24 * 3600 })],
    ["not yet", made({ nbf: now + 3600 })], ["exp as text", made({ exp: "soon" })],
    ["duplicate claims", signEs256(header, `{"iss":"x",${JSON.stringify(claims()).slice(1)}`, key.privateKey)],
    ["not JSON", signEs256(header, "hello", key.privateKey)], ["empty", "."], ["rubbish", "a.b.c"], ["long", `${h}.${"A".repeat(20000)}.${s}`],
    ["padded", `${h}.${c}.${s}=`],
  ];
  const code = await freshCode(server, keyClient);
  const ask = (assertion: string, more: Record<string, string> = {}) => askToken(server.issuer, { ...code, client_assertion_type: ASSERTION_TYPE, client_assertion: assertion, ...more });
  for (const [what, assertion] of forged) assertRefused(await ask(assertion), ["invalid_client", "invalid_request"], what);
  assertRefused(await ask(good, { client_assertion_type: "urn:x" }), ["invalid_client", "invalid_request"], "another type");
  assertRefused(await ask(good, { client_id: other.id }), ["invalid_client", "invalid_request"], "another client_id");
  assertRefused(await askToken(server.issuer, code), "invalid_client", "no assertion");
  assert.equal((await ask(good)).status, 200, "the good one");
  const replies = await Promise.all(Array.from({ length: 8 }, () => ask(good)));
  for (const reply of replies) assertRefused(reply, "invalid_client", "replayed");
});

test("RFC 7009 and RFC 7662: revoking and looking is for the token's own, and an unknown token is no error", async () => {
  const tokens = await freshTokens(server, client);
  const revoke = (form: Record<string, string>) => postForm(`${server.issuer}/oauth/revoke`, form);
  assert.equal((await revoke({ client_id: client.id, token: "unknown" })).status, 200, "RFC 7009 section 2.2");
  await revoke({ client_id: other.id, token: tokens.refresh });
  assert.equal((await userinfo(server.issuer, tokens.access)).status, 200, "another client's revocation does nothing");
  assertRefused(await revoke({ client_id: client.id }), "invalid_request", "no token");
  assertRefused(await revoke({ token: tokens.refresh }), "invalid_client", "nobody");
  const look = (form: Record<string, string>, headers: Record<string, string> = {}) => postForm(`${server.issuer}/oauth/introspect`, form, headers);
  assertRefused(await look({ client_id: client.id, token: tokens.access }), ["invalid_client", "unauthorized_client", "access_denied"], "a public client");
  const foreign = await look({ token: tokens.access }, basic(secretClient.id, secretClient.secret));
  if (foreign.status === 200) assert.deepEqual(foreign.body, { active: false }, "RFC 7662 section 2.2: nothing of another's token");
  assert.equal((await revoke({ client_id: client.id, token: tokens.refresh })).status, 200);
  assertRefused(await askToken(server.issuer, refreshForm(client, tokens.refresh)), "invalid_grant", "revoked");
  assert.equal((await userinfo(server.issuer, tokens.access)).status, 401, "RFC 7009 section 2.1: the access token goes with it");
});
