// What the conformance tests share: a client, its requests, its tokens, and HTTP written byte by byte.
import assert from "node:assert/strict";
import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";
import net from "node:net";
import { startOauthServer, type Browser, type OauthServer, type OauthSettings } from "../integration/support/oauth_client.ts";

export type Json = Record<string, unknown>;
export type Reply = { status: number; headers: Headers; text: string; body: Json };
export type Client = { id: string; secret: string; registrationToken: string; registrationUri: string; redirect: string };
export type Form = Record<string, string> | [string, string][];

export const REDIRECT = "https://app.example/callback";
export const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";
export const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

// No limit per address: the tests are one address. The throttles of accounts stay as they are.
export async function startServer(settings: OauthSettings = {}): Promise<OauthServer> {
  const env = { VALETKEY_SERVER_OAUTH_PER_MINUTE: "0", VALETKEY_SERVER_RATE_LIMIT_PER_MINUTE: "0", ...settings.env };
  return await startOauthServer({ ...settings, env });
}

export async function replyOf(response: Response): Promise<Reply> {
  const text = await response.text();
  let body: Json = {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null) body = parsed as Json;
  } catch {
    // Not JSON: the test that wants JSON sees an empty body.
  }
  return { status: response.status, headers: response.headers, text, body };
}

export async function send(url: string, init: RequestInit = {}): Promise<Reply> {
  return await replyOf(await fetch(url, { redirect: "manual", ...init }));
}

export async function postForm(url: string, form: Form, headers: Record<string, string> = {}): Promise<Reply> {
  return await send(url, { method: "POST", headers, body: new URLSearchParams(form) });
}

export async function postJson(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Reply> {
  return await send(url, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) });
}

export async function register(issuer: string, metadata: Json = {}): Promise<Client> {
  const asked = { client_name: "Conformance", redirect_uris: [REDIRECT], ...metadata };
  const reply = await postJson(`${issuer}/oauth/register`, asked);
  assert.equal(reply.status, 201, reply.text);
  const text = (name: string): string => String(reply.body[name] ?? "");
  const redirect = String((asked.redirect_uris as string[])[0] ?? "");
  return {
    id: text("client_id"),
    secret: text("client_secret"),
    registrationToken: text("registration_access_token"),
    registrationUri: text("registration_client_uri"),
    redirect,
  };
}

export function newVerifier(): { verifier: string; challenge: string } {
  const verifier = randomBytes(32).toString("base64url");
  return { verifier, challenge: createHash("sha256").update(verifier).digest("base64url") };
}

// The parameters of a good request; null leaves one out.
export function authorizeUrl(issuer: string, client: Client, changes: Record<string, string | null> = {}): string {
  const all: Record<string, string | null> = {
    response_type: "code",
    client_id: client.id,
    redirect_uri: client.redirect,
    scope: "openid email",
    state: "the state",
    code_challenge: newVerifier().challenge,
    code_challenge_method: "S256",
    ...changes,
  };
  const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null);
  return `${issuer}/oauth/authorize?${new URLSearchParams(given).toString()}`;
}

export type Code = { grant_type: string; client_id: string; code: string; code_verifier: string; redirect_uri: string };

// A server, and somebody who is signed in there.
export type Host = Pick<OauthServer, "issuer" | "person">;

// What redeems it.
export async function freshCode(server: Host, client: Client, changes: Record<string, string | null> = {}): Promise<Code> {
  const { verifier, challenge } = newVerifier();
  const redirect = await server.person.authorize(authorizeUrl(server.issuer, client, { code_challenge: challenge, ...changes }));
  const code = redirect.searchParams.get("code");
  assert.ok(code !== null, redirect.href);
  return { grant_type: "authorization_code", client_id: client.id, code, code_verifier: verifier, redirect_uri: client.redirect };
}

export async function askToken(issuer: string, form: Form, headers: Record<string, string> = {}): Promise<Reply> {
  return await postForm(`${issuer}/oauth/token`, form, headers);
}

export type Tokens = { access: string; refresh: string; id: string };

export async function freshTokens(server: Host, client: Client, changes: Record<string, string | null> = {}): Promise<Tokens> {
  const reply = await askToken(server.issuer, await freshCode(server, client, changes));
  assert.equal(reply.status, 200, reply.text);
  return { access: String(reply.body["access_token"]), refresh: String(reply.body["refresh_token"]), id: String(reply.body["id_token"]) };
}

export function refreshForm(client: Client, token: string): Record<string, string> {
  return { grant_type: "refresh_token", client_id: client.id, refresh_token: token };
}

export function basic(id: string, secret: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}` };
}

// One tool of an MCP server, in one request.
export async function callTool(url: string, headers: Record<string, string>, name: string, args: Json = {}): Promise<Reply> {
  const call = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: args } };
  return await postJson(url, call, { accept: "application/json, text/event-stream", "mcp-protocol-version": "2025-06-18", ...headers });
}

export async function userinfo(issuer: string, access: string): Promise<Reply> {
  return await send(`${issuer}/oauth/userinfo`, { headers: { authorization: `Bearer ${access}` } });
}

// A 4xx in the form of RFC 6749 section 5.2; never a 5xx, never cached.
export function assertRefused(reply: Reply, errors: string | string[], what = ""): void {
  assert.ok(reply.status >= 400 && reply.status < 500, `${what}: ${reply.status} ${reply.text.slice(0, 300)}`);
  assert.ok([errors].flat().includes(String(reply.body["error"])), `${what}: ${reply.status} ${reply.text.slice(0, 300)}`);
  assert.match(reply.headers.get("cache-control") ?? "", /no-store/, what);
}

export type RawReply = { status: number; headers: [string, string][]; body: string };

export function rawHeader(reply: RawReply, name: string): string[] {
  return reply.headers.filter(([known]) => known === name).map(([, value]) => value);
}

// One request as its bytes, so that nothing tidies the target up; the connection is closed by the answer.
export async function raw(issuer: string, target: string, method = "GET", headers: string[] = [], body = ""): Promise<RawReply> {
  const { hostname, port, host } = new URL(issuer);
  const lines = [`${method} ${target} HTTP/1.1`, `Host: ${host}`, "Connection: close", ...headers];
  if (body !== "" || method === "POST") lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
  const chunks: Buffer[] = [];
  await new Promise<void>((resolve, reject) => {
    const socket = net.connect(Number(port), hostname, () => socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`));
    socket.setTimeout(10_000, () => socket.destroy(new Error(`no answer to ${method} ${target}`)));
    socket.on("data", (bytes: Buffer) => chunks.push(bytes));
    socket.on("error", reject);
    socket.on("close", () => resolve());
  });
  const text = Buffer.concat(chunks).toString("latin1");
  const end = text.indexOf("\r\n\r\n");
  assert.ok(end > 0, `no HTTP answer to ${method} ${target}: ${text.slice(0, 100)}`);
  const [first = "", ...fields] = text.slice(0, end).split("\r\n");
  const split = (line: string): [string, string] => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()];
  return { status: Number(first.split(" ")[1]), headers: fields.map(split), body: text.slice(end + 4) };
}

export type SigningKey = { privateKey: KeyObject; publicJwk: Json };

export function ecKey(kid: string): SigningKey {
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { privateKey: pair.privateKey, publicJwk: { ...pair.publicKey.export({ format: "jwk" }), kid, alg: "ES256", use: "sig" } };
}

export function encodeJson(value: unknown): string {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
}

// ES256 in the form of RFC 7518 section 3.4. Header and claims may be text, to be wrong in any way.
export function signEs256(header: Json | string, claims: Json | string, key: KeyObject): string {
  const input = `${encodeJson(header)}.${encodeJson(claims)}`;
  return `${input}.${sign("sha256", Buffer.from(input), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
}

export function readJwt(token: string): { header: Json; claims: Json } {
  const [header = "", claims = ""] = token.split(".");
  const open = (part: string): Json => JSON.parse(Buffer.from(part, "base64url").toString("utf8")) as Json;
  return { header: open(header), claims: open(claims) };
}

export function publicPem(jwk: Json): string {
  return createPublicKey({ key: jwk as never, format: "jwk" }).export({ type: "spki", format: "pem" }).toString();
}

export function publicDer(jwk: Json): Buffer {
  return createPublicKey({ key: jwk as never, format: "jwk" }).export({ type: "spki", format: "der" });
}

export async function csrfOf(browser: Browser): Promise<string> {
  return String((await browser.get("session")).body["csrf"]);
}
