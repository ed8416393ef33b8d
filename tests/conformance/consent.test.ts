// Whose yes counts: consent bound to the browser and the person, against forged requests and frames; and where signing out may lead.
// MCP security best practices; RFC 9700 sections 4.1, 4.7 and 4.16; OpenID Connect RP-Initiated Logout 1.0.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Browser, type OauthServer } from "../integration/support/oauth_client.ts";
import { askToken, authorizeUrl, csrfOf, freshTokens, newVerifier, replyOf, register, send, startServer, userinfo, type Client, type Reply } from "./support.ts";

const PAGES = [
  "/sign-in", "/register", "/verify-email", "/forgot-password", "/reset-password", "/consent", "/consent?request=x", "/device", "/account",
  "/account/security", "/account/sessions", "/account/connections", "/account/ai", "/error", "/error?code=%3Cscript%3E&message=%3Cscript%3E",
];
const AFTER_LOGOUT = "https://app.example/signed-out";

let server: OauthServer;
let client: Client;

before(async () => {
  server = await startServer();
  client = await register(server.issuer, { post_logout_redirect_uris: [AFTER_LOGOUT] });
});

after(async () => await server.stop());

async function openRequest(): Promise<string> {
  const opened = await server.person.open(authorizeUrl(server.issuer, client));
  assert.ok(opened.request !== undefined);
  return opened.request;
}

async function approve(browser: Browser, request: string, headers: Record<string, string>): Promise<Reply> {
  const body = JSON.stringify({ decision: "approve" });
  return await replyOf(await browser.go(`/portal/api/authorization/${request}`, { method: "POST", headers: { "content-type": "application/json", ...headers }, body }));
}

async function secondPerson(): Promise<Browser> {
  const browser = new Browser(server.issuer);
  await browser.register(`eve-${Date.now()}@example.org`, "another long sentence of words", server.sink);
  return browser;
}

test("OAuth 2.1 section 7.11, RFC 9700 section 4.16: no page can be framed, sends a referrer, or runs an inline script", async () => {
  for (const page of PAGES) {
    const reply = await send(`${server.issuer}${page}`, { headers: { accept: "text/html" } });
    assert.equal(reply.status, 200, page);
    const policy = reply.headers.get("content-security-policy") ?? "";
    assert.match(policy, /frame-ancestors 'none'/, page);
    assert.match(policy, /default-src 'none'|default-src 'self'/, page);
    assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval|\*/, page);
    assert.equal(reply.headers.get("x-frame-options"), "DENY", page);
    assert.equal(reply.headers.get("referrer-policy"), "no-referrer", page);
    assert.equal(reply.headers.get("x-content-type-options"), "nosniff", page);
    assert.equal(reply.headers.get("access-control-allow-origin"), null, page);
    assert.doesNotMatch(reply.text, /<script>[^<]/, page);
  }
});

test("RFC 9700 section 4.7: a yes without, with an old, or with a foreign CSRF token counts for nothing", async () => {
  const request = await openRequest();
  const good = { origin: server.issuer, "x-csrf-token": await csrfOf(server.person) };
  const eve = await secondPerson();
  const wrong: [string, Record<string, string>][] = [
    ["no token", { origin: server.issuer }],
    ["empty", { ...good, "x-csrf-token": "" }],
    ["another person's", { ...good, "x-csrf-token": await csrfOf(eve) }],
    ["a stranger's", { ...good, "x-csrf-token": await csrfOf(new Browser(server.issuer)) }],
    ["cut short", { ...good, "x-csrf-token": good["x-csrf-token"].slice(0, -1) }],
    ["no origin", { "x-csrf-token": good["x-csrf-token"] }],
    ["null origin", { ...good, origin: "null" }],
    ["foreign origin", { ...good, origin: "https://evil.example" }],
    ["other port", { ...good, origin: "http://127.0.0.1:1" }],
    ["other scheme", { ...good, origin: server.issuer.replace("http:", "https:") }],
    ["longer host", { ...good, origin: `${server.issuer}.evil.example` }],
    ["with a path", { ...good, origin: `${server.issuer}/` }],
    ["upper case", { ...good, origin: server.issuer.toUpperCase() }],
  ];
  for (const [what, headers] of wrong) {
    const reply = await approve(server.person, request, headers);
    assert.equal(reply.status, 403, `${what}: ${reply.status} ${reply.text}`);
    assert.equal(reply.body["error"], "csrf", what);
  }
  assert.equal((await approve(server.person, request, good)).status, 200, "the right one still does");
  const again = await approve(server.person, request, good);
  assert.ok(again.status >= 400 && again.status < 500, `answered once: ${again.status}`);
});

test("RFC 9110 section 9.2.1: looking at a request never answers it", async () => {
  const request = await openRequest();
  for (const query of ["?decision=approve", "?decision=approve&_method=POST"]) {
    const got = await replyOf(await server.person.go(`/portal/api/authorization/${request}${query}`));
    assert.equal(got.status, 200);
    assert.equal(got.body["redirect"], undefined);
  }
  const form = await replyOf(await server.person.go(`/portal/api/authorization/${request}`, { method: "POST", headers: { origin: server.issuer }, body: new URLSearchParams({ decision: "approve" }) }));
  assert.equal(form.status, 403, "a plain form of another page cannot");
  const override = await replyOf(await server.person.go(`/portal/api/authorization/${request}`, { headers: { "x-http-method-override": "POST" } }));
  assert.equal(override.body["redirect"], undefined);
  assert.equal((await server.person.question(request)).sign_in, "ok", "it still waits");
});

test("MCP confused deputy: a request begun in one browser cannot be seen or answered in another", async () => {
  const request = await openRequest();
  const eve = await secondPerson();
  for (const browser of [eve, new Browser(server.issuer)]) {
    assert.equal((await browser.get(`authorization/${request}`)).status, 404);
    const answered = await browser.post(`authorization/${request}`, { decision: "approve" });
    assert.ok([401, 404].includes(answered.status), JSON.stringify(answered.body));
  }
  const sameAccount = new Browser(server.issuer);
  await sameAccount.signIn(server.email, server.password);
  assert.equal((await sameAccount.get(`authorization/${request}`)).status, 404, "the same person's other browser neither");
  assert.equal((await server.person.question(request)).sign_in, "ok");
});

test("a request of somebody who signed out is answered by nobody, and the next person answers for themselves", async () => {
  const pkce = newVerifier();
  const shared = new Browser(server.issuer);
  await shared.signIn(server.email, server.password);
  const opened = await shared.open(authorizeUrl(server.issuer, client));
  await shared.post("sign-out");
  const signedOut = await shared.post(`authorization/${opened.request ?? ""}`, { decision: "approve" });
  assert.equal(signedOut.status, 401, JSON.stringify(signedOut.body));
  const next = `next-${Date.now()}@example.org`;
  await shared.register(next, "yet another long sentence", server.sink);
  const redirect = await shared.authorize(authorizeUrl(server.issuer, client, { code_challenge: pkce.challenge }));
  const tokens = await askToken(server.issuer, { grant_type: "authorization_code", client_id: client.id, code: redirect.searchParams.get("code") ?? "", code_verifier: pkce.verifier });
  assert.equal((await userinfo(server.issuer, String(tokens.body["access_token"]))).body["email"], next, "whoever says yes, says it for themselves");
});

test("the body of an answer is checked: unknown decisions and scopes that were not asked for", async () => {
  for (const body of [{}, { decision: "" }, { decision: "APPROVE" }, { decision: true }, { decision: ["approve"] },
    { decision: "approve", scopes: "email" }, { decision: "approve", scopes: [1] }]) {
    const reply = await server.person.post(`authorization/${await openRequest()}`, body);
    assert.equal(reply.status, 400, `${JSON.stringify(body)}: ${JSON.stringify(reply.body)}`);
  }
  const request = await openRequest();
  const widened = await server.person.post(`authorization/${request}`, { decision: "approve", scopes: ["openid", "ai.use", "admin"] });
  if (widened.status === 200) {
    assert.ok(new URL(String(widened.body["redirect"])).searchParams.has("code"), "what was not asked for is left out");
  } else {
    assert.equal(widened.status, 400, JSON.stringify(widened.body));
  }
});

test("MCP AS12, AS13: the question names the redirect host, marks loopback, and shows the client's own name as it is", async () => {
  const name = "<img src=x onerror=alert(1)> & \"co\"";
  const native = await register(server.issuer, { client_name: name, redirect_uris: ["http://127.0.0.1/callback"] });
  const opened = await server.person.open(authorizeUrl(server.issuer, native, { redirect_uri: "http://127.0.0.1:4711/callback" }));
  const question = await server.person.question(opened.request ?? "");
  assert.equal(question.client?.name, name);
  assert.equal(question.client?.kind, "dynamic");
  assert.equal(question.loopback, true);
  assert.match(question.redirect_host ?? "", /^127\.0\.0\.1/);
  await server.person.decide(opened.request ?? "", "approve");
  const again = await server.person.open(authorizeUrl(server.issuer, native, { redirect_uri: "http://127.0.0.1:4711/callback" }));
  assert.ok(again.request !== undefined, "a loopback client is asked about each time");
});

test("the device code is guessed by nobody and answered by who is signed in only", async () => {
  const stranger = new Browser(server.issuer);
  assert.equal((await stranger.post("device", { user_code: "BCDF-GHJK" })).status, 401);
  for (const code of ["", "x", "BCDF-GHJK", "../../x", "a".repeat(1000), "%00"]) {
    const reply = await server.person.post("device", { user_code: code });
    assert.ok([400, 404, 429].includes(reply.status), `${code.slice(0, 20)}: ${reply.status}`);
  }
});

test("OpenID Connect RP-Initiated Logout section 3: post_logout_redirect_uri is one registered, with a hint that proves the client", async () => {
  const person = new Browser(server.issuer);
  await person.signIn(server.email, server.password);
  const tokens = await freshTokens({ ...server, person }, client);
  const out = async (parameters: Record<string, string>, browser = new Browser(server.issuer)): Promise<string> => {
    const response = await browser.go(`/oauth/logout?${new URLSearchParams(parameters).toString()}`);
    await response.body?.cancel();
    assert.equal(response.status, 303);
    assert.match(response.headers.get("cache-control") ?? "", /no-store/);
    return new URL(response.headers.get("location") ?? "", server.issuer).href;
  };
  const misses = [
    "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "https://app.example/signed-out/",
    "https://app.example/signed-out?x=1",
    "https://APP.example/signed-out", "https://app.example:443/signed-out", "https://app.example@evil.example/signed-out", "javascript:alert(1)",
    "data:text/html,x", "https://app.example/signed-out\r\nx: y", "https://app.example/signed-out#x", "https://app.example/callback", "",
  ];
  for (const target of misses) {
    for (const hint of [tokens.id, ""]) {
      const location = await out({ post_logout_redirect_uri: target, client_id: client.id, ...(hint === "" ? {} : { id_token_hint: hint }) });
      assert.ok(location.startsWith(`${server.issuer}/`), `${JSON.stringify(target)} ${hint === "" ? "without" : "with"} hint: ${location}`);
    }
  }
  for (const hint of ["", "x", tokens.access, `${tokens.id.slice(0, -4)}AAAA`, `${tokens.id.split(".").slice(0, 2).join(".")}.`]) {
    const location = await out({ post_logout_redirect_uri: AFTER_LOGOUT, client_id: client.id, id_token_hint: hint });
    assert.ok(location.startsWith(`${server.issuer}/`), `hint ${hint.slice(0, 20)}: ${location}`);
  }
  const other = await register(server.issuer);
  assert.ok((await out({ post_logout_redirect_uri: AFTER_LOGOUT, client_id: other.id, id_token_hint: tokens.id })).startsWith(server.issuer), "another client's hint");
  const stays = await out({}, person);
  assert.ok(stays.startsWith(server.issuer));
  assert.notEqual((await person.get("session")).body["person"], null, "a mere link signs nobody out");
  const gone = await out({ post_logout_redirect_uri: AFTER_LOGOUT, id_token_hint: tokens.id, state: "s&x=1" }, person);
  assert.equal(gone, `${AFTER_LOGOUT}?state=s%26x%3D1`);
  assert.equal((await person.get("session")).body["person"], null);
});
