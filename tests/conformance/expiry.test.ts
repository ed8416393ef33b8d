// What is over is over, seen from outside: RFC 6749 sections 4.1.2, 5.2 and 6; RFC 6750 section 3.1; RFC 7662 section 2.2; RFC 9068 section 4; RFC 9700 section 4.14.2.
// One wait serves every test: all is obtained at once, with the shortest lives the configuration allows.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, test } from "node:test";
import type { OauthServer } from "../integration/support/oauth_client.ts";
import {
  askToken, assertRefused, callTool, freshCode, freshTokens, postForm, readJwt, refreshForm, register, send, startServer, userinfo, type Client,
  type Code, type Reply, type Tokens,
} from "./support.ts";

const LIFE = 60_000; // of a code always; of tokens by the settings below
const PAST = 61_500;

let server: OauthServer;
let client: Client;
let observer: Client; // confidential, so that it may introspect
let code: Code;
let tokens: Tokens;
let observed: Tokens; // the observer's own

before(async () => {
  const env = { VALETKEY_OAUTH_ACCESS_TOKEN_LIFETIME_MS: String(LIFE), VALETKEY_OAUTH_REFRESH_IDLE_LIFETIME_MS: String(LIFE) };
  server = await startServer({ env });
  [client, observer] = await Promise.all([
    register(server.issuer),
    register(server.issuer, { client_name: "Observer", token_endpoint_auth_method: "client_secret_post" }),
  ]);
  const wanted = { resource: server.resource, scope: "openid email offline_access" };
  [code, tokens, observed] = await Promise.all([
    freshCode(server, client, wanted),
    freshTokens(server, client, wanted),
    freshCode(server, observer, wanted).then(redeemed),
  ]);
  for (const reply of [await ping(tokens.access), await userinfo(server.issuer, tokens.access)]) assert.equal(reply.status, 200, "taken while it lives");
  for (const token of [observed.access, observed.refresh]) assert.equal((await introspect(token)).body["active"], true, "active while it lives");
  await sleep(PAST);
});

after(async () => await server?.stop());

async function redeemed(form: Code): Promise<Tokens> {
  const reply = await askToken(server.issuer, { ...form, client_secret: observer.secret });
  assert.equal(reply.status, 200, reply.text);
  assert.ok(Number(reply.body["expires_in"]) <= LIFE / 1000, "the answer says how short the life is");
  return { access: String(reply.body["access_token"]), refresh: String(reply.body["refresh_token"]), id: String(reply.body["id_token"]) };
}

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
const ping = (token: string): Promise<Reply> => send(`${server.issuer}/mcp/ping`, { headers: bearer(token) });

const callMcp = (token: string): Promise<Reply> => callTool(`${server.issuer}/mcp`, bearer(token), "whoami");

const introspect = (token: string): Promise<Reply> =>
  postForm(`${server.issuer}/oauth/introspect`, { client_id: observer.id, client_secret: observer.secret, token });

test("RFC 6749 section 4.1.2: a code that nobody redeemed in its life is invalid_grant", async () => {
  const reply = await askToken(server.issuer, code);
  assert.equal(reply.status, 400);
  assertRefused(reply, "invalid_grant");
});

test("RFC 9068 section 4, RFC 6750 section 3.1: an expired access token is refused at /mcp, with a challenge that leads on", async () => {
  assert.ok(Number(readJwt(tokens.access).claims["exp"]) * 1000 < Date.now());
  for (const call of [callMcp, ping]) {
    const reply = await call(tokens.access);
    assert.equal(reply.status, 401, reply.text);
    const challenge = reply.headers.get("www-authenticate") ?? "";
    assert.match(challenge, /^Bearer .*error="invalid_token"/);
    const where = /resource_metadata="([^"]+)"/.exec(challenge)?.[1] ?? "";
    assert.equal((await send(where)).body["resource"], server.resource);
    assert.doesNotMatch(reply.text, /example\.org/, "nothing of the person");
  }
});

test("RFC 6750 section 3.1, OpenID Connect Core section 5.3.3: an expired access token is refused at userinfo", async () => {
  const reply = await userinfo(server.issuer, tokens.access);
  assert.equal(reply.status, 401, reply.text);
  assert.match(reply.headers.get("www-authenticate") ?? "", /^Bearer .*error="invalid_token"/);
  assert.doesNotMatch(reply.text, /example\.org/);
});

test("RFC 7662 section 2.2: what is expired is inactive, and nothing more is said of it", async () => {
  for (const token of [observed.access, observed.refresh]) {
    const reply = await introspect(token);
    assert.equal(reply.status, 200, reply.text);
    assert.deepEqual(reply.body, { active: false });
  }
});

test("RFC 6749 sections 5.2 and 6, RFC 9700 section 4.14.2: a refresh token not used in its life is invalid_grant", async () => {
  const reply = await askToken(server.issuer, refreshForm(client, tokens.refresh));
  assert.equal(reply.status, 400);
  assertRefused(reply, "invalid_grant");
  const secret = { client_secret: observer.secret };
  assertRefused(await askToken(server.issuer, { ...refreshForm(observer, observed.refresh), ...secret }), "invalid_grant", "of a client that proves itself");
});

test("RFC 7009 section 2.2: revoking what is over is no error", async () => {
  for (const token of [tokens.access, tokens.refresh]) {
    assert.equal((await postForm(`${server.issuer}/oauth/revoke`, { client_id: client.id, token })).status, 200);
  }
});

test("the client that lost everything gets a new code, and with it new tokens", async () => {
  const fresh = await freshTokens(server, client, { resource: server.resource });
  assert.equal((await ping(fresh.access)).status, 200);
});
