// The real server as a stranger on the network meets it: headers on every answer, limits, smuggling, rates, figures, logs, the end.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import tls from "node:tls";
import { bearer, chat, whoami } from "./support/answers.ts";
import { startHouse } from "./support/house.ts";
import { signIn, startSignIn } from "./support/sign_in.ts";
import { Valetkey } from "./support/valetkey.ts";

const MAX_BODY = 4096;
const { emulator, server } = await startHouse({
  VALETKEY_SERVER_MAX_BODY_BYTES: String(MAX_BODY),
  VALETKEY_SERVER_HEAD_TIMEOUT_MS: "400",
  VALETKEY_SERVER_BODY_TIMEOUT_MS: "400",
  VALETKEY_SERVER_IDLE_TIMEOUT_MS: "800",
});
const pass = await signIn(server.url, emulator.origin, "openai");

async function withServer(env: Record<string, string>, body: (server: Valetkey) => Promise<void>): Promise<void> {
  const own = await Valetkey.start({ emulatorUrl: emulator.origin, env });
  try {
    await body(own);
  } finally {
    await own.stop();
  }
}

type Wire = { text: string; ended: boolean };

// Sends the pieces and takes everything until the server closes, or nothing has come for `patienceMs`.
async function wire(url: string, pieces: string[], patienceMs = 3_000): Promise<Wire> {
  const { hostname, port } = new URL(url);
  const socket = net.connect(Number(port), hostname);
  let text = "";
  socket.setEncoding("latin1");
  socket.on("data", (piece: string) => (text += piece));
  socket.on("error", () => undefined); // a reset is an end, too
  const ended = new Promise<boolean>((done) => {
    socket.once("close", () => done(true));
    socket.setTimeout(patienceMs, () => done(false));
  });
  for (const piece of pieces) socket.write(piece, "latin1");
  const closed = await ended;
  socket.destroy();
  return { text, ended: closed };
}

const statusesIn = (text: string): number[] => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));

function assertCors(headers: Headers, what: string): void {
  assert.equal(headers.get("access-control-allow-origin"), "*", what);
  assert.equal(headers.get("access-control-allow-methods"), "GET, POST, OPTIONS", what);
  for (const name of ["Content-Type", "Authorization", "x-authai-secret", "x-authai-publishable-key"]) {
    assert.ok(headers.get("access-control-allow-headers")?.includes(name), `${what}: ${name}`);
  }
  assert.equal(headers.get("access-control-max-age"), "86400", what);
  assert.equal(headers.get("access-control-allow-credentials"), null, what);
  const exposed = (headers.get("access-control-expose-headers") ?? "").toLowerCase().split(", ");
  for (const name of ["retry-after", "x-request-id", "x-should-retry", "x-valetkey-dropped"]) assert.ok(exposed.includes(name), `${what}: ${name}`);
  assert.match(headers.get("x-request-id") ?? "", /^[\w.-]+$/, what);
}

describe("CORS and request ids on every answer", () => {
  const post = (path: string, body: string, headers: Record<string, string> = {}) => fetch(server.url + path, { method: "POST", headers, body });

  const answers: [number, string, () => Promise<Response>][] = [
    [200, "health", () => fetch(server.url)],
    [200, "a chat", () => chat(server.url, pass, "gpt-5.5")],
    [200, "a stream", () => chat(server.url, pass, "gpt-5.5", "hello", { stream: true })],
    [200, "the models", () => fetch(`${server.url}/v1/models`, { headers: bearer(pass) })],
    [400, "no JSON", () => post("/v1/chat/completions", "{", bearer(pass))],
    [401, "no pass at /v1", () => post("/v1/chat/completions", "{}")],
    [401, "no pass at whoami", () => whoami(server.url, "x")],
    [404, "an unknown path", () => fetch(`${server.url}/nowhere`)],
    [404, "an unknown sign-in", () => fetch(`${server.url}/auth/poll/nobody`)],
    [413, "a large body at /v1", () => post("/v1/chat/completions", "x".repeat(MAX_BODY + 1), bearer(pass))],
    [413, "a large body at /auth", () => post("/auth/start", "x".repeat(200_000))],
  ];
  for (const [status, name, ask] of answers) {
    test(`${status}: ${name}`, async () => {
      const answer = await ask();
      const body = await answer.text();
      assert.equal(answer.status, status, body);
      assertCors(answer.headers, name);
    });
  }

  test("502: a provider that is down", async () => {
    await emulator.script({ fault: "A2.unavailable" });
    const answer = await post("/auth/start", "{}");
    assert.equal(answer.status, 502, await answer.text());
    assertCors(answer.headers, "502");
  });

  test("204: revoked", async () => {
    const short = await signIn(server.url, emulator.origin, "openai");
    const answer = await fetch(`${server.url}/auth/revoke`, { method: "POST", headers: bearer(short) });
    assert.equal(answer.status, 204);
    assertCors(answer.headers, "204");
  });

  test("the preflight allows what the OpenAI SDK and MCP clients send", async () => {
    const wanted = "authorization,content-type,x-stainless-lang,x-stainless-package-version,x-stainless-retry-count,x-stainless-timeout,openai-beta,openai-organization,openai-project,mcp-protocol-version";
    for (const path of ["/v1/chat/completions", "/v1/models", "/auth/start", "/auth/poll/x", "/nowhere", "/"]) {
      const answer = await fetch(server.url + path, {
        method: "OPTIONS",
        headers: { origin: "https://app.example", "access-control-request-method": "POST", "access-control-request-headers": wanted },
      });
      assert.deepEqual([answer.status, await answer.text()], [204, ""], path);
      assert.equal(answer.headers.get("access-control-allow-origin"), "*", path);
      assert.equal(answer.headers.get("access-control-max-age"), "86400", path);
      assert.ok(answer.headers.get("access-control-allow-methods")?.startsWith("GET, POST, OPTIONS"), path);
      const allowed = (answer.headers.get("access-control-allow-headers") ?? "").split(/, ?/);
      for (const name of wanted.split(",")) assert.ok(allowed.includes(name), `${path}: ${name}`);
      assert.equal(answer.headers.get("vary"), "access-control-request-headers", path);
    }
    assert.deepEqual(await emulator.requests(), []);
  });

  test("a harmless request id is taken, any other is replaced", async () => {
    const idFor = async (id: string) => (await fetch(server.url, { headers: { "x-request-id": id } })).headers.get("x-request-id");
    for (const id of ["abc", "A.b_c-9", "x".repeat(128)]) assert.equal(await idFor(id), id);
    for (const id of ["", "a b", "x".repeat(129), "a,b", "<script>", '"', "%0d%0a", "\u00e9"]) assert.match((await idFor(id)) ?? "", /^[0-9A-HJKMNP-TV-Z]{26}$/, id);
    const ids = await Promise.all(Array.from({ length: 20 }, async () => (await fetch(server.url)).headers.get("x-request-id")));
    assert.equal(new Set(ids).size, 20);
  });
});

describe("small things", () => {
  test("GET / and HEAD /, /healthz, /readyz", async () => {
    const root = await fetch(server.url);
    assert.deepEqual([root.status, root.headers.get("content-type"), await root.text()], [200, "application/json", '{"ok":true,"service":"authai-relay"}']);
    const head = await fetch(server.url, { method: "HEAD" });
    assert.deepEqual([head.status, await head.text()], [200, ""]);
    const raw = await wire(server.url, ["HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"]);
    assert.deepEqual([statusesIn(raw.text), raw.text.endsWith("\r\n\r\n")], [[200], true]);
    for (const path of ["/healthz", "/readyz"]) {
      for (const base of [server.url, server.adminUrl]) {
        const answer = await fetch(base + path);
        assert.deepEqual([answer.status, await answer.text()], [200, '{"ok":true}'], base + path);
      }
    }
  });

  test("unknown paths are 404 in plain text", async () => {
    for (const path of ["/nowhere", "/v2/models", "/v1x", "/authx", "/metrics", "/.env", "/%2e%2e/etc/passwd"]) {
      const answer = await fetch(server.url + path);
      assert.deepEqual([answer.status, answer.headers.get("content-type"), await answer.text()], [404, "text/plain; charset=UTF-8", "404 Not Found"], path);
    }
  });

  test("a known path under another method is 405 with what is allowed (docs/adr/0009)", async () => {
    const answer = await fetch(server.url, { method: "POST", body: "x" });
    assert.equal(answer.status, 405);
    assert.match(answer.headers.get("allow") ?? "", /GET/);
  });

  test("/metrics are on the admin port only, and count", async () => {
    const count = async () => {
      const answer = await fetch(`${server.adminUrl}/metrics`);
      assert.equal(answer.status, 200);
      assert.match(answer.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
      assert.equal(answer.headers.get("access-control-allow-origin"), null, "not for websites");
      const text = await answer.text();
      assert.ok(!text.includes(pass));
      return (status: string) => Number(new RegExp(`^valetkey_requests_total\\{status="${status}"\\} (\\d+)$`, "m").exec(text)?.[1]);
    };
    const earlier = await count();
    for (let i = 0; i < 3; i++) await (await fetch(server.url)).text();
    await (await fetch(`${server.url}/nowhere`)).text();
    await sleep(50);
    const later = await count();
    assert.ok(later("2xx") - earlier("2xx") >= 3, `${earlier("2xx")} ${later("2xx")}`);
    assert.ok(later("4xx") - earlier("4xx") >= 1);
    assert.equal((await fetch(`${server.url}/metrics`)).status, 404);
    for (const path of ["/auth/providers", "/v1/models"]) assert.equal((await fetch(server.adminUrl + path)).status, 404, path);
  });

  test("the access log has patterns, and neither ids of paths nor credentials", async () => {
    const started = await startSignIn(server.url, "openai");
    const verifier = "verifier-that-nobody-may-read-in-a-log-000000";
    await (await fetch(`${server.url}/auth/poll/${started.sessionId}?code_verifier=${verifier}`)).text();
    await (await fetch(`${server.url}/v1/models/a-private-model`, { headers: { ...bearer(pass), "x-request-id": "log-1" } })).text();
    await (await chat(server.url, pass, "gpt-5.5", "a-private-prompt")).text();
    await (await fetch(`${server.url}/a-private-path`, { headers: { "x-request-id": "log-2" } })).text();
    const line = await server.waitForLog((each) => each.event === "request" && each["request_id"] === "log-1");
    assert.deepEqual([line["method"], line["route"], line["client"], line["client_left"]], ["GET", "/v1/models/{id...}", "127.0.0.1", false]);
    assert.ok(Number(line["bytes_in"]) > 0 && Number(line["bytes_out"]) > 0 && Number(line["us"]) > 0);
    const unknown = await server.waitForLog((each) => each["request_id"] === "log-2");
    assert.deepEqual([unknown["route"], unknown["status"]], ["", 404]);
    await server.waitForLog((each) => each["route"] === "/auth/poll/{id}");
    const [, , signature = "?"] = pass.split(".");
    for (const secret of [started.sessionId, started.userCode, verifier, pass, signature, "a-private", server.secrets.jwt, server.secrets.identity]) {
      assert.ok(!server.stderr.includes(secret), `the log has ${secret}`);
    }
    assert.ok(server.logs.every((each) => each.event !== "not_json"));
  });
});

describe("limits", () => {
  const limits: [number, string, string[]][] = [
    [414, "a long target", [`GET /${"a".repeat(17_000)} HTTP/1.1\r\nHost: h\r\n\r\n`]],
    [431, "a long header", [`GET / HTTP/1.1\r\nHost: h\r\nX: ${"a".repeat(70_000)}\r\n\r\n`]],
    [431, "many headers", [`GET / HTTP/1.1\r\nHost: h\r\n${"X: y\r\n".repeat(101)}\r\n`]],
    [413, "an announced body", [`POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Length: ${MAX_BODY + 1}\r\n\r\n`]],
    [413, "a chunked body", ["POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", `1001\r\n${"a".repeat(0x1001)}\r\n0\r\n\r\n`]],
    [408, "half a head", ["GET / HTTP/1.1\r\nHost:"]],
    [408, "half a body", ["POST /auth/start HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n{"]],
  ];
  for (const [status, name, pieces] of limits) {
    test(`${status}: ${name}`, async () => {
      const seen = await wire(server.url, pieces);
      assert.deepEqual(statusesIn(seen.text), [status], seen.text);
      assert.match(seen.text, /\r\nconnection: close\r\n/i);
      assert.match(seen.text, /\r\naccess-control-allow-origin: \*\r\n/i);
      assert.match(seen.text, /\r\nx-request-id: \S+\r\n/i);
      assert.ok(seen.ended, "the connection is closed");
    });
  }

  test("an idle connection ends without a word", async () => {
    assert.deepEqual(await wire(server.url, []), { text: "", ended: true });
  });
});

describe("smuggling: 400, closed, and the second request never happens", () => {
  const CHAT = JSON.stringify({ model: "gpt-5.5", messages: [{ role: "user", content: "smuggled" }] });
  const auth = () => `Host: h\r\nAuthorization: Bearer ${pass}\r\nContent-Type: application/json\r\n`;
  const line = "POST /v1/chat/completions HTTP/1.1\r\n";
  const second = () => `${line}${auth()}Content-Length: ${CHAT.length}\r\n\r\n${CHAT}`;
  const size = CHAT.length.toString(16);
  const headed = (fields: string, body: string) => () => `${line}${auth()}${fields}\r\n\r\n${body}`;
  const chunks = (body: string) => headed("Transfer-Encoding: chunked", body);
  const whole = `${size}\r\n${CHAT}\r\n0\r\n\r\n`;
  const long = `Content-Length: ${CHAT.length}`;

  const corpus: [string, () => string][] = [
    ["CL and TE", headed(`${long}\r\nTransfer-Encoding: chunked`, whole)],
    ["TE and CL", headed(`Transfer-Encoding: chunked\r\n${long}`, whole)],
    ["CL 0 and TE", headed("Content-Length: 0\r\nTransfer-Encoding: chunked", whole)],
    ["two CL that differ", headed(`${long}\r\nContent-Length: 0`, CHAT)],
    ["two CL that agree", headed(`${long}\r\n${long}`, CHAT)],
    ["a list of CL", headed(`${long}, ${CHAT.length}`, CHAT)],
    ...["+5", "-1", "0x5", "5 5", "5a", "", "99999999999999999999"].map((length): [string, () => string] => [`CL ${JSON.stringify(length)}`, headed(`Content-Length: ${length}`, CHAT)]),
    ["two TE", headed("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", whole)],
    ...["identity", "xchunked", "chunked, identity", "chunked, chunked", "\"chunked\"", "chunked;q=1", "\x0bchunked"].map(
      (coding): [string, () => string] => [`TE ${JSON.stringify(coding)}`, headed(`Transfer-Encoding: ${coding}`, whole)],
    ),
    ["TE in HTTP/1.0", () => `POST /v1/chat/completions HTTP/1.0\r\n${auth()}Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n${whole}`],
    ["a space before the colon", headed(`Content-Length : ${CHAT.length}`, CHAT)],
    ["a space before TE's colon", headed(`${long}\r\nTransfer-Encoding : chunked`, CHAT)],
    ["a tab before the colon", headed(`Content-Length\t: ${CHAT.length}`, CHAT)],
    ["obs-fold", headed(`X: a\r\n b\r\n${long}`, CHAT)],
    ["obs-fold in TE", headed("Transfer-Encoding:\r\n chunked", whole)],
    ["a space before the first field", () => `${line} X: y\r\n${auth()}${long}\r\n\r\n${CHAT}`],
    ["bare LF after the request line", () => `${line.replace("\r\n", "\n")}${auth()}${long}\r\n\r\n${CHAT}`],
    ["bare LF between fields", headed(`X: y\n${long}`, CHAT)],
    ["bare LF at the head's end", () => `${line}${auth()}${long}\n\n${CHAT}`],
    ["bare CR in a field", headed(`X: y\r${long}`, CHAT)],
    ["NUL in a field", headed(`X: y\0\r\n${long}`, CHAT)],
    ["a field without a colon", headed(`X\r\n${long}`, CHAT)],
    ["an empty name", headed(`: x\r\n${long}`, CHAT)],
    ["two Hosts", headed(`Host: other\r\n${long}`, CHAT)],
    ["no Host", () => `${line}Authorization: Bearer ${pass}\r\n${long}\r\n\r\n${CHAT}`],
    ["a target with a space", () => `POST /v1/chat/completions x HTTP/1.1\r\n${auth()}${long}\r\n\r\n${CHAT}`],
    ...["zz", "0x5", "+5", "-5", " 5", "5_0", "", "fffffffffffffffff", "5\0"].map((bad): [string, () => string] => [`chunk size ${JSON.stringify(bad)}`, chunks(`${bad}\r\n${CHAT}\r\n0\r\n\r\n`)]),
    ["bare LF after a chunk size", chunks(`${size}\n${CHAT}\r\n0\r\n\r\n`)],
    ["bare LF after a chunk", chunks(`${size}\r\n${CHAT}\n0\r\n\r\n`)],
    ["no CRLF after a chunk", chunks(`${size}\r\n${CHAT}0\r\n\r\n`)],
    ["bare LF in a chunk extension", chunks(`${size};a\nb\r\n${CHAT}\r\n0\r\n\r\n`)],
    ["a chunk longer than its size", chunks(`${(CHAT.length - 1).toString(16)}\r\n${CHAT}\r\n0\r\n\r\n`)],
    ["bare LF at the last chunk", chunks(`${size}\r\n${CHAT}\r\n0\n\n`)],
  ];
  for (const [name, request] of corpus) {
    test(JSON.stringify(name), async () => {
      const seen = await wire(server.url, [request() + second()]);
      assert.deepEqual(statusesIn(seen.text), [400], seen.text);
      assert.match(seen.text, /\r\nconnection: close\r\n/i);
      assert.ok(seen.ended, "the connection is closed");
      assert.deepEqual(await emulator.requests({ upstream: "chatgpt" }), []);
    });
  }

  test("the same two requests without a fault are both answered", async () => {
    const seen = await wire(server.url, [second() + second()], 700);
    assert.deepEqual(statusesIn(seen.text), [200, 200], seen.text);
    assert.equal((await emulator.requests({ upstream: "chatgpt", path: "/responses" })).length, 2);
  });
});

describe("rate limits by client address", () => {
  const env = {
    VALETKEY_SERVER_SIGN_IN_START_PER_MINUTE: "2",
    VALETKEY_SERVER_SIGN_IN_POLL_PER_MINUTE: "2",
    VALETKEY_SERVER_RATE_LIMIT_PER_MINUTE: "2",
  };
  const ways: [string, (url: string, headers: Record<string, string>) => Promise<Response>, RegExp][] = [
    ["/auth/start", (url, headers) => fetch(`${url}/auth/start`, { method: "POST", headers, body: "{}" }), /^\{"error":"[^"]+"\}$/],
    ["/auth/poll", (url, headers) => fetch(`${url}/auth/poll/x`, { headers }), /^\{.*"error":"[^"]+"\}$/],
    ["/v1", (url, headers) => fetch(`${url}/v1/models`, { headers }), /^\{"error":\{"message":"rate limit exceeded","type":"rate_limit_error"/],
  ];
  const assertLimited = async (answer: Response, body: RegExp) => {
    assert.equal(answer.status, 429);
    const wait = Number(answer.headers.get("retry-after"));
    assert.ok(Number.isInteger(wait) && wait >= 1 && wait <= 60, `Retry-After ${wait}`);
    assertCors(answer.headers, "429");
    assert.match(await answer.text(), body);
  };

  test("429 with Retry-After; X-Forwarded-For is no way around it", async () => {
    await withServer(env, async (own) => {
      for (const [, ask, body] of ways) {
        for (let i = 0; i < 2; i++) assert.notEqual((await ask(own.url, {})).status, 429);
        await assertLimited(await ask(own.url, {}), body);
        await assertLimited(await ask(own.url, { "x-forwarded-for": "192.0.2.7" }), body);
        await assertLimited(await ask(own.url, { forwarded: "for=192.0.2.7" }), body);
      }
      assert.equal((await fetch(own.url)).status, 200);
    });
  });

  test("behind a trusted proxy the client's own address counts", async () => {
    await withServer({ ...env, VALETKEY_SERVER_TRUSTED_PROXIES: "127.0.0.0/8" }, async (own) => {
      for (const [, ask, body] of ways) {
        const from = (address: string) => ask(own.url, { "x-forwarded-for": address });
        for (let i = 0; i < 2; i++) assert.notEqual((await from("192.0.2.7")).status, 429);
        await assertLimited(await from("192.0.2.7"), body);
        await assertLimited(await from("203.0.113.1, 192.0.2.7"), body); // only the last hop is the proxy's own word
        assert.notEqual((await from("192.0.2.8")).status, 429);
      }
      const line = await own.waitForLog((each) => each["client"] === "192.0.2.8");
      assert.equal(line.event, "request");
    });
  });
});

describe("SIGTERM", () => {
  async function refusesConnections(url: string): Promise<boolean> {
    const { hostname, port } = new URL(url);
    const socket = net.connect(Number(port), hostname);
    const refused = await Promise.race([once(socket, "connect").then(() => false, () => true), sleep(1_000).then(() => false)]);
    socket.destroy();
    return refused;
  }

  test("a running stream finishes, nobody new gets in, exit code 0", async () => {
    const own = await Valetkey.start({ emulatorUrl: emulator.origin });
    try {
      const mine = await signIn(own.url, emulator.origin, "openai");
      const answer = await chat(own.url, mine, "gpt-5.5", "[pace 100ms] write 10 words", { stream: true });
      assert.equal(answer.status, 200);
      const stopped = own.stop();
      await own.waitForLog((line) => line.event === "draining");
      const since = Date.now(); // the line is written just before the listeners close
      while (!(await refusesConnections(own.url))) assert.ok(Date.now() - since < 500, "connections are still taken");
      const text = await answer.text();
      assert.ok(text.endsWith("data: [DONE]\n\n"), text.slice(-200));
      assert.ok(!text.includes('"error"'));
      assert.equal(await stopped, 0);
      assert.ok(own.logs.some((line) => line.event === "stopped"));
    } finally {
      await own.stop();
    }
  });

  test("beyond the drain limit a stream ends with an error in its own form", async () => {
    const own = await Valetkey.start({ emulatorUrl: emulator.origin, env: { VALETKEY_SERVER_DRAIN_TIMEOUT_MS: "300" } });
    try {
      const mine = await signIn(own.url, emulator.origin, "openai");
      const answer = await chat(own.url, mine, "gpt-5.5", "[pace 100ms] write 200 words", { stream: true });
      assert.equal(answer.status, 200);
      const since = Date.now();
      const stopped = own.stop();
      const text = await answer.text(); // rejects when it is cut instead of ended
      const last = text.trimEnd().split("\n\n").at(-1) ?? "";
      const { error } = JSON.parse(last.replace(/^data: /, "")) as { error: { message: string; type: string } };
      assert.ok(error.message.length > 0 && error.type.length > 0, last);
      assert.ok(!text.includes("[DONE]"));
      assert.equal(await stopped, 0);
      assert.ok(Date.now() - since < 5_000);
    } finally {
      await own.stop();
    }
  });
});

describe("TLS", () => {
  function certificate(directory: string, name: string): void {
    const words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost"];
    execFileSync("openssl", [...words, "-keyout", join(directory, `${name}.key`), "-out", join(directory, `${name}.pem`)], { stdio: "ignore" });
  }

  type Shaken = { fingerprint: string; answer: string; protocol: string | null };

  async function shake(url: string): Promise<Shaken> {
    const socket = tls.connect({ host: "127.0.0.1", port: Number(new URL(url).port), rejectUnauthorized: false });
    await once(socket, "secureConnect");
    const { fingerprint256 } = socket.getPeerCertificate();
    const protocol = socket.getProtocol();
    socket.write("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    let answer = "";
    for await (const piece of socket) answer += String(piece);
    return { fingerprint: fingerprint256, answer, protocol };
  }

  test("new handshakes see the certificate that SIGHUP brought; a bad one is not taken", async () => {
    const directory = mkdtempSync(join(tmpdir(), "valetkey-tls-"));
    try {
      for (const name of ["first", "second"]) certificate(directory, name);
      const use = (name: string) => {
        for (const kind of ["key", "pem"]) copyFileSync(join(directory, `${name}.${kind}`), join(directory, `live.${kind}`));
      };
      use("first");
      const files = { VALETKEY_SERVER_TLS_CERTIFICATE_FILE: join(directory, "live.pem"), VALETKEY_SERVER_TLS_KEY_FILE: join(directory, "live.key") };
      await withServer(files, async (own) => {
        assert.ok(own.url.startsWith("https://"));
        const before = await shake(own.url);
        assert.match(before.answer, /^HTTP\/1\.1 200 [\s\S]*\{"ok":true,"service":"authai-relay"\}$/);
        assert.equal(before.protocol, "TLSv1.3");
        const plain = await wire(own.url, ["GET / HTTP/1.1\r\nHost: h\r\n\r\n"]);
        assert.ok(plain.ended && !plain.text.includes("HTTP/1.1 200"), "no answer in clear");

        copyFileSync(join(directory, "second.pem"), join(directory, "live.pem")); // without its key
        own.child.kill("SIGHUP");
        await own.waitForLog((line) => line.event === "certificate_not_reloaded");
        assert.equal((await shake(own.url)).fingerprint, before.fingerprint);

        use("second");
        own.child.kill("SIGHUP");
        await own.waitForLog((line) => line.event === "certificate_reloaded");
        const later = await shake(own.url);
        assert.notEqual(later.fingerprint, before.fingerprint);
        assert.match(later.answer, /^HTTP\/1\.1 200 /);
      });
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
