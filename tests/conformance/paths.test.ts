// One spelling of a path: what a proxy in front might read otherwise is not served (matrix parameters, coded slashes, dot segments), and what is the
// operator's is on the operator's port only.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { OauthServer } from "../integration/support/oauth_client.ts";
import { raw, rawHeader, startServer, type RawReply } from "./support.ts";

const SERVED = ["/portal/api/session", "/oauth/jwks", "/oauth/authorize", "/mcp/ping", "/consent"];
const OPERATORS = ["/metrics", "/admin", "/admin/", "/admin/metrics", "/health", "/healthz", "/ready", "/readyz", "/debug", "/debug/pprof",
  "/config", "/status", "/server-status", "/actuator/health"];

let server: OauthServer;

before(async () => {
  server = await startServer();
});

after(async () => await server.stop());

// Other spellings of the same path.
function spellings(path: string): string[] {
  const [, first = "", ...rest] = path.split("/");
  const tail = rest.length === 0 ? "" : `/${rest.join("/")}`;
  const coded = `%${first.charCodeAt(0).toString(16)}${first.slice(1)}`;
  return [
    `/${path}`, `//${path}`, `${path}/`, `${path}//`, `/.${path}`, `/..${path}`, `/x/..${path}`, `/x/%2e%2e${path}`, `/%2e${path}`, `/%2e%2e${path}`, `/%2E%2E${path}`,
    `/;x${path}`, `/;${path}`, `/${first};x=1${tail}`, `${path};x`, `${path};`, `${path};jsessionid=1`, `/${first}%2f${rest.join("/")}`, `/%2f${path.slice(1)}`, `${path}%2f`, `${path}%2F..`,
    `/${coded}${tail}`, `/${first.toUpperCase()}${tail}`, `${path.toUpperCase()}`, `${path}%00`, `${path}%20`, `${path}.`, `${path}/.`, `${path}/..${path}`, `/\\${path.slice(1)}`, `\\${path}`, `${path}\\`, `${path}%5c`,
    `/${first}/%252e%252e/${first}${tail}`, `${path}%23`, `${path}%3f`, `${path}%c0%af`, `/%c0%ae%c0%ae${path}`, `${path}\t`,
  ];
}

// What would show that it was served all the same.
function wasServed(path: string, reply: RawReply): boolean {
  const type = rawHeader(reply, "content-type")[0] ?? "";
  if (path === "/portal/api/session") return reply.body.includes('"csrf":"') || rawHeader(reply, "set-cookie").length > 0;
  if (path === "/oauth/authorize") return reply.status === 303;
  if (path === "/mcp/ping") return reply.status === 401;
  if (path === "/consent") return reply.status === 200 && type.startsWith("text/html");
  return reply.status === 200;
}

test("another spelling of a path is another path: 400 or 404, in JSON, no redirect to the tidy one", async () => {
  for (const path of SERVED) {
    assert.ok(wasServed(path, await raw(server.issuer, path)), `${path} itself`);
    for (const other of spellings(path)) {
      if (other === path) continue;
      const reply = await raw(server.issuer, other);
      assert.ok([400, 404].includes(reply.status), `${other}: ${reply.status}`);
      assert.equal(wasServed(path, reply), false, other);
      assert.deepEqual(rawHeader(reply, "location"), [], other);
    }
  }
});

test("RFC 3986 section 3.3: nothing under a path parameter, double slash or coded slash answers a state change", async () => {
  for (const path of ["/portal/api/sign-in", "/portal/api/account", "/oauth/token", "/oauth/register"]) {
    for (const other of spellings(path)) {
      for (const method of ["POST", "DELETE", "PUT"]) {
        const reply = await raw(server.issuer, other, method, ["Content-Type: application/json"], "{}");
        assert.ok([400, 404].includes(reply.status), `${method} ${other}: ${reply.status}`);
      }
    }
  }
});

test("the operator's pages are not on the public port, however they are spelt", async () => {
  for (const path of OPERATORS) {
    for (const other of [path, ...spellings(path)]) {
      const reply = await raw(server.issuer, other);
      assert.doesNotMatch(reply.body, /# HELP|# TYPE|valetkey_/, other);
      if (path === "/metrics" || path.startsWith("/admin")) assert.ok([400, 404].includes(reply.status), `${other}: ${reply.status}`);
    }
  }
  const own = await fetch(`${server.server.adminUrl}/metrics`);
  assert.equal(own.status, 200, "it is on the operator's");
  await own.body?.cancel();
});

test("and people's pages are not on the operator's port", async () => {
  for (const path of [...SERVED, "/oauth/token", "/sign-in"]) {
    const reply = await raw(server.server.adminUrl, path);
    assert.ok([400, 404, 405].includes(reply.status), `${path}: ${reply.status}`);
  }
});

test("RFC 9112 section 3.2.2: the absolute form names the same thing, and another authority in it does not lead elsewhere", async () => {
  const reply = await raw(server.issuer, "http://evil.example/oauth/jwks");
  assert.ok(reply.status < 500, String(reply.status));
  assert.deepEqual(rawHeader(reply, "location"), []);
  assert.doesNotMatch(reply.body, /evil/);
});

test("files of the build are found by their names only", async () => {
  for (const path of ["/assets/", "/assets/..", "/assets/../index.html", "/assets/%2e%2e/index.html", "/assets/..%2findex.html",
    "/assets/%2e%2e%2f%2e%2e%2fetc/passwd", "/assets/....//etc/passwd", "/assets//etc/passwd", "/assets/.git/config", "/index.html~", "/.env",
    "/.git/config"]) {
    const reply = await raw(server.issuer, path);
    assert.ok([400, 404].includes(reply.status), `${path}: ${reply.status}`);
    assert.doesNotMatch(reply.body, /root:|<html/i, path);
  }
});
