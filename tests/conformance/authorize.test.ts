// The authorization endpoint as a stranger meets it: RFC 6749 section 3.1 and 4.1, RFC 9700, RFC 7636, RFC 8707, RFC 9207,
// RFC 9126, OpenID Connect Core section 3.1.2.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { OauthServer } from "../integration/support/oauth_client.ts";
import { authorizeUrl, askToken, newVerifier, postForm, raw, rawHeader, register, REDIRECT, startServer, type Client } from "./support.ts";
import { FOREIGN_REDIRECTS, LOOPBACK_MISSES, LOOPBACK_REDIRECTS, REDIRECT_MISSES } from "./redirect_near_misses.ts";

let server: OauthServer;
let client: Client;
let native: Client;

before(async () => {
  server = await startServer();
  client = await register(server.issuer);
  native = await register(server.issuer, {
    redirect_uris: ["http://127.0.0.1/callback", "http://localhost:9/callback?tab=1", "http://[::1]/callback"],
    application_type: "native",
  });
});

after(async () => await server.stop());

// Shown to the person, and nothing of it goes to the address that was asked for.
async function assertShown(url: string, what: string): Promise<void> {
  const response = await server.person.go(url);
  await response.body?.cancel();
  const location = response.headers.get("location") ?? "";
  assert.equal(response.status, 303, `${what}: ${response.status}`);
  assert.match(location, /^\/error\?code=[a-z_]+&message=/, `${what}: ${location}`);
  const shown = new URL(location, server.issuer);
  assert.equal(shown.origin, server.issuer, what);
  assert.deepEqual([...shown.searchParams.keys()], ["code", "message"], what);
}

// The redirect to the client, with its error and with iss exactly once.
async function assertToldClient(url: string, error: string, what: string): Promise<URL> {
  const opened = await server.person.open(url);
  assert.ok(opened.redirect !== undefined, `${what}: ${JSON.stringify(opened)}`);
  const told = opened.redirect;
  assert.equal(`${told.origin}${told.pathname}`, REDIRECT, what);
  assert.equal(told.searchParams.get("error"), error, `${what}: ${told.href}`);
  assert.equal(told.searchParams.has("code"), false, what);
  assert.deepEqual(told.searchParams.getAll("iss"), [server.issuer], what);
  return told;
}

test("OAuth 2.1 section 7.12, RFC 9700 section 4.1: a redirect URI that is almost the registered one is not redirected to", async () => {
  assert.ok(REDIRECT_MISSES.length + FOREIGN_REDIRECTS.length >= 80);
  for (const uri of [...REDIRECT_MISSES, ...FOREIGN_REDIRECTS]) {
    await assertShown(authorizeUrl(server.issuer, client, { redirect_uri: uri }), JSON.stringify(uri));
  }
});

test("RFC 8252 section 7.3: a loopback redirect may have any port, and nothing else may differ", async () => {
  for (const uri of LOOPBACK_REDIRECTS) {
    const opened = await server.person.open(authorizeUrl(server.issuer, native, { redirect_uri: uri }));
    assert.ok(opened.request !== undefined, `${uri}: ${opened.error?.href}`);
  }
  for (const uri of LOOPBACK_MISSES) {
    await assertShown(authorizeUrl(server.issuer, native, { redirect_uri: uri }), uri);
  }
});

test("RFC 6749 section 4.1.2.1: an unknown, missing or malformed client, or a missing redirect URI, is told to the person only", async () => {
  for (const id of ["", "nobody", "../admin", "a".repeat(5000), "\u0000", "https://127.0.0.1/client.json", "https://10.0.0.1/c",
    "javascript:alert(1)"]) {
    await assertShown(authorizeUrl(server.issuer, client, { client_id: id }), id.slice(0, 40));
  }
  await assertShown(authorizeUrl(server.issuer, client, { client_id: null }), "no client");
  await assertShown(authorizeUrl(server.issuer, native, { redirect_uri: null }), "no redirect of several");
});

test("RFC 6749 section 3.1: a parameter given twice is invalid_request, and twice a redirect URI or client goes nowhere", async () => {
  const good = authorizeUrl(server.issuer, client);
  for (const [name, value] of [["client_id", client.id], ["redirect_uri", REDIRECT], ["redirect_uri", "https://evil.example/"],
    ["client_id", native.id]]) {
    await assertShown(`${good}&${String(name)}=${encodeURIComponent(String(value))}`, `twice ${name}`);
    await assertShown(good.replace("?", `?${String(name)}=${encodeURIComponent(String(value))}&`), `twice ${name}, first`);
  }
  const others = ["response_type", "scope", "state", "code_challenge", "code_challenge_method", "nonce", "prompt", "max_age", "login_hint"];
  for (const name of others) {
    const value = new URL(good).searchParams.get(name) ?? "1";
    const told = await assertToldClient(`${good}&${name}=${encodeURIComponent(value)}&${name}=x`, "invalid_request", `twice ${name}`);
    if (name === "state") assert.equal(told.searchParams.has("state"), false, "which of two states is right nobody knows");
  }
});

test("RFC 7636 section 4.4.1, OAuth 2.1 section 4.1.1: PKCE with S256 or nothing", async () => {
  const { challenge, verifier } = newVerifier();
  const wrong: [string, Record<string, string | null>][] = [
    ["no PKCE at all", { code_challenge: null, code_challenge_method: null }],
    ["no challenge", { code_challenge: null }],
    ["no method, which means plain", { code_challenge: verifier, code_challenge_method: null }],
    ["plain", { code_challenge: verifier, code_challenge_method: "plain" }],
    ["lower case", { code_challenge_method: "s256" }],
    ["S512", { code_challenge_method: "S512" }],
    ["42 characters", { code_challenge: challenge.slice(1) }],
    ["44 characters", { code_challenge: `${challenge}A` }],
    ["padded", { code_challenge: `${challenge}=` }],
    ["not base64url", { code_challenge: `+${challenge.slice(1)}` }],
    ["a space", { code_challenge: ` ${challenge.slice(1)}` }],
    ["control characters", { code_challenge: `\r\n${challenge.slice(2)}` }],
    ["stray last bits", { code_challenge: `${"A".repeat(42)}B` }],
  ];
  for (const [what, changes] of wrong) await assertToldClient(authorizeUrl(server.issuer, client, changes), "invalid_request", what);
});

test("RFC 6749 section 4.1.2.1: once client and redirect URI are proved the client is told, with state and the right word", async () => {
  const table: [string, Record<string, string | null>][] = [
    ["invalid_request", { response_type: null }],
    ["unsupported_response_type", { response_type: "token" }],
    ["unsupported_response_type", { response_type: "id_token" }],
    ["unsupported_response_type", { response_type: "code token" }],
    ["unsupported_response_type", { response_type: "code id_token" }],
    ["unsupported_response_type", { response_type: "none" }],
    ["unsupported_response_type", { response_type: "CODE" }],
    ["invalid_request", { response_mode: "fragment" }],
    ["invalid_request", { response_mode: "form_post" }],
    ["request_not_supported", { request: "eyJhbGciOiJub25lIn0.e30." }],
    ["invalid_scope", { scope: "no.such.scope" }],
    ["invalid_scope", { scope: "openid\u0007" }],
    ["invalid_target", { resource: "https://other.example/mcp" }],
    ["invalid_target", { resource: "not a uri" }],
    ["invalid_request", { prompt: "sometimes" }],
    ["invalid_request", { prompt: "none login" }],
    ["invalid_request", { max_age: "-1" }],
    ["invalid_request", { max_age: "soon" }],
    ["invalid_request", { max_age: "99999999999999999999" }],
    ["invalid_request", { nonce: "n".repeat(513) }],
    ["invalid_authorization_details", { authorization_details: "[{\"type\":\"payment\"}]" }],
    ["invalid_authorization_details", { authorization_details: "{" }],
    ["invalid_request", { dpop_jkt: "short" }],
  ];
  for (const [error, changes] of table) {
    const told = await assertToldClient(authorizeUrl(server.issuer, client, changes), error, JSON.stringify(changes));
    assert.equal(told.searchParams.get("state"), "the state", JSON.stringify(changes));
  }
});

test("RFC 8707 section 2: a resource of nobody and two resources are invalid_target; one resource twice is one", async () => {
  const two = `${authorizeUrl(server.issuer, client, { resource: server.resource })}&resource=https%3A%2F%2Fother.example`;
  await assertToldClient(two, "invalid_target", "two resources");
  const same = `${authorizeUrl(server.issuer, client, { resource: server.resource })}&resource=${encodeURIComponent(server.resource)}`;
  assert.ok((await server.person.open(same)).request !== undefined);
});

test("RFC 9207 section 2: iss is there once, byte for byte the issuer of the metadata, on success and on denial", async () => {
  const metadata = (await (await fetch(`${server.issuer}/.well-known/oauth-authorization-server`)).json()) as Record<string, unknown>;
  assert.equal(metadata["authorization_response_iss_parameter_supported"], true);
  for (const decision of ["approve", "deny"] as const) {
    const redirect = await server.person.authorize(authorizeUrl(server.issuer, client), decision);
    assert.deepEqual(redirect.searchParams.getAll("iss"), [metadata["issuer"]]);
    assert.ok(redirect.search.includes(`iss=${encodeURIComponent(String(metadata["issuer"]))}`));
    assert.deepEqual(redirect.searchParams.getAll("state"), ["the state"]);
    assert.deepEqual(redirect.searchParams.getAll("error"), decision === "deny" ? ["access_denied"] : []);
    assert.equal(redirect.searchParams.getAll("code").length, decision === "deny" ? 0 : 1);
  }
});

test("RFC 6749 section 4.1.2: a redirect URI's own query stays, and ours is added to it", async () => {
  const uri = "https://app.example/callback?tenant=1&x=a%20b";
  const other = await register(server.issuer, { redirect_uris: [uri] });
  const redirect = await server.person.authorize(authorizeUrl(server.issuer, other));
  assert.ok(redirect.href.startsWith(`${uri}&`), redirect.href);
  assert.equal(redirect.hash, "");
});

test("RFC 9700 section 4.12 and 2.4: answers are 303, never stored, without referrer and in nobody's frame", async () => {
  for (const url of [authorizeUrl(server.issuer, client), authorizeUrl(server.issuer, client, { client_id: "nobody" }), authorizeUrl(server.issuer, client, { response_type: "token" })]) {
    const response = await server.person.go(url);
    await response.body?.cancel();
    assert.equal(response.status, 303);
    assert.match(response.headers.get("cache-control") ?? "", /no-store/);
    assert.equal(response.headers.get("referrer-policy"), "no-referrer");
    assert.equal(response.headers.get("access-control-allow-origin"), null, "no script of another origin may read this");
  }
});

test("CR and LF in state, scope and nonce make no header of their own, and state comes back as it was", async () => {
  const state = "a\r\nSet-Cookie: evil=1\r\n\r\n<script>\u2028\"&=#%00+é";
  const denied = await server.person.authorize(authorizeUrl(server.issuer, client, { state }), "deny");
  assert.equal(denied.searchParams.get("state"), state);
  const target = new URL(authorizeUrl(server.issuer, client, { state, response_type: "token" }));
  const reply = await raw(server.issuer, `${target.pathname}${target.search}`);
  assert.equal(reply.status, 303);
  assert.ok(rawHeader(reply, "set-cookie").every((line) => line.startsWith("__Host-valetkey_browser=")));
  assert.equal(rawHeader(reply, "location").length, 1);
  assert.match(rawHeader(reply, "location")[0] ?? "", /a%0D%0ASet-Cookie/i);
});

test("RFC 6749 appendix B: state at its limit is kept, one past it is refused", async () => {
  const long = "s".repeat(4096);
  const told = await assertToldClient(authorizeUrl(server.issuer, client, { state: long, response_type: "token" }), "unsupported_response_type", "at");
  assert.equal(told.searchParams.get("state"), long);
  await assertToldClient(authorizeUrl(server.issuer, client, { state: `${long}s` }), "invalid_request", "past");
});

test("RFC 6749 section 3.1: GET and POST alike, no other method does anything, and a broken query is no 5xx", async () => {
  const form = new URLSearchParams(new URL(authorizeUrl(server.issuer, client)).search);
  const posted = await postForm(`${server.issuer}/oauth/authorize`, [...form]);
  assert.equal(posted.status, 303);
  assert.match(posted.headers.get("location") ?? "", /^\/consent\?request=/);
  for (const method of ["PUT", "DELETE", "PATCH", "TRACE", "FOO"]) {
    const reply = await raw(server.issuer, `/oauth/authorize?${form.toString()}`, method);
    assert.ok([404, 405, 501].includes(reply.status), `${method}: ${reply.status}`);
    assert.deepEqual(rawHeader(reply, "location"), [], method);
  }
  const head = await raw(server.issuer, `/oauth/authorize?${form.toString()}`, "HEAD");
  assert.ok(head.status < 500 && head.body === "", `HEAD: ${head.status}`);
  for (const query of ["%", "%zz=1", "client_id=%ff%fe", "=", "&&&&", "a".repeat(7000), `${"x=1&".repeat(1500)}y`, "client_id[]=1",
    "client_id=%00"]) {
    const reply = await raw(server.issuer, `/oauth/authorize?${query}`);
    assert.ok(reply.status < 500, `${query.slice(0, 30)}: ${reply.status}`);
    for (const location of rawHeader(reply, "location")) assert.match(location, /^\/error\?/, query.slice(0, 30));
  }
});

test("OpenID Connect Core section 3.1.2.6: prompt=none never shows anything", async () => {
  await assertToldClient(authorizeUrl(server.issuer, client, { prompt: "none" }), "consent_required", "a dynamic client is always asked about");
  const nobody = await fetch(authorizeUrl(server.issuer, client, { prompt: "none" }), { redirect: "manual" });
  const told = new URL(nobody.headers.get("location") ?? "", server.issuer);
  assert.equal(told.searchParams.get("error"), "login_required");
  assert.deepEqual(told.searchParams.getAll("iss"), [server.issuer]);
});

test("RFC 9126: a pushed request is its client's, once; request_uri of anywhere else is never fetched", async () => {
  const form = Object.fromEntries(new URL(authorizeUrl(server.issuer, client)).searchParams);
  const push = async (): Promise<string> => {
    const pushed = await postForm(`${server.issuer}/oauth/par`, form);
    assert.equal(pushed.status, 201, pushed.text);
    assert.match(pushed.headers.get("cache-control") ?? "", /no-store/);
    return String(pushed.body["request_uri"]);
  };
  const uri = await push();
  assert.match(uri, /^urn:ietf:params:oauth:request_uri:/);
  const at = (id: string, request: string): string => `${server.issuer}/oauth/authorize?${new URLSearchParams({ client_id: id, request_uri: request }).toString()}`;
  await assertShown(at(native.id, await push()), "another client's");
  assert.ok((await server.person.open(at(client.id, uri))).request !== undefined);
  await assertShown(at(client.id, uri), "a second time");
  for (const foreign of ["https://evil.example/request.jwt", "http://127.0.0.1:9/x", "urn:ietf:params:oauth:request_uri:unknown",
    "file:///etc/passwd"]) {
    await assertShown(at(client.id, foreign), foreign);
  }
  const bad: [Record<string, string>, string][] = [
    [{ ...form, redirect_uri: "https://evil.example/" }, "invalid_request"],
    [{ ...form, request_uri: uri }, "invalid_request"],
    [{ ...form, code_challenge_method: "plain" }, "invalid_request"],
    [{ ...form, client_id: "nobody" }, "invalid_client"],
  ];
  for (const [wrong, error] of bad) {
    const refused = await postForm(`${server.issuer}/oauth/par`, wrong);
    assert.ok(refused.status === 400 || refused.status === 401, refused.text);
    assert.equal(refused.body["error"], error, refused.text);
  }
});

test("RFC 6749 section 10.12: parallel requests of one browser do not disturb each other", async () => {
  const opened = await Promise.all(Array.from({ length: 8 }, (_, i) => server.person.open(authorizeUrl(server.issuer, client, { state: `s${i}` }))));
  const redirects = await Promise.all(opened.map((each) => server.person.decide(each.request ?? "", "approve")));
  assert.deepEqual(redirects.map((each) => each.searchParams.get("state")), Array.from({ length: 8 }, (_, i) => `s${i}`));
  assert.equal(new Set(redirects.map((each) => each.searchParams.get("code"))).size, 8);
  const reply = await askToken(server.issuer, { grant_type: "authorization_code", client_id: client.id, code: redirects[0]?.searchParams.get("code") ?? "", code_verifier: newVerifier().verifier });
  assert.equal(reply.body["error"], "invalid_grant", "the verifier of another");
});
