// /auth/*: every state of a sign-in as AuthAI's clients know it, and its faults gone.
import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { after, before, beforeEach, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Emulator, type Scenario } from "./support/emulator.ts";
import { bearer, chat, seen, userOf, whoami, type Seen } from "./support/answers.ts";
import { claimsOf, signPass } from "./support/passes.ts";
import { pollOnce, pollUntilDone, signIn, startSignIn, type Provider } from "./support/sign_in.ts";
import { Valetkey } from "./support/valetkey.ts";

const PROVIDERS = ["openai", "xai", "github"] as const;
const MODELS: Record<Provider, string> = { openai: "gpt-5.5", xai: "grok-4.5", github: "gpt-4.1" };
const POLL_PATH: Record<Provider, string> = {
  openai: "/api/accounts/deviceauth/token",
  xai: "/oauth2/token",
  github: "/login/oauth/access_token",
};
const COPILOT_TOKEN = "/copilot_internal/v2/token";
const POLL_UPSTREAM = { openai: "auth.openai", xai: "auth.x", github: "github" } as const;

let emulator: Emulator;
let server: Valetkey;

before(async () => {
  emulator = await Emulator.start();
  server = await Valetkey.start({ emulatorUrl: emulator.origin });
});
after(async () => {
  await server.stop();
  await emulator.stop();
});
beforeEach(async () => {
  await emulator.clearScenarios();
  await emulator.clearRequests();
});

const start = (body?: string) =>
  fetch(`${server.url}/auth/start`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    ...(body === undefined ? {} : { body }),
  });
const poll = (sessionId: string) => seen(fetch(`${server.url}/auth/poll/${sessionId}`));
const pollsSeen = async (provider: Provider) =>
  (await emulator.requests({ upstream: POLL_UPSTREAM[provider] })).filter(
    (record) => record.path.endsWith(POLL_PATH[provider]) && record.method === "POST",
  ).length;
const struck = async () => (await emulator.state()).scenarios.reduce((sum, scenario) => sum + scenario.hit, 0);
const error = (body: string) => (JSON.parse(body) as { error: string }).error;

describe("a sign-in, state by state", () => {
  for (const provider of PROVIDERS) {
    test(`${provider}: started, pending, complete, complete again`, async () => {
      const started = await start(JSON.stringify({ provider }));
      assert.equal(started.status, 200);
      assert.equal(started.headers.get("content-type"), "application/json");
      const text = await started.text();
      const fields = JSON.parse(text) as Record<string, unknown>;
      assert.deepEqual(Object.keys(fields), ["sessionId", "provider", "userCode", "verificationUrl", "expiresInMs", "pollIntervalMs"]);
      assert.match(String(fields["sessionId"]), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      assert.equal(fields["provider"], provider);
      assert.ok(String(fields["verificationUrl"]).startsWith(emulator.origin));
      assert.ok(Number(fields["expiresInMs"]) > 0 && Number(fields["expiresInMs"]) <= 900_000);
      assert.ok(Number(fields["pollIntervalMs"]) >= 1000);
      const sessionId = String(fields["sessionId"]);

      const pending = await poll(sessionId);
      assert.deepEqual([pending.status, pending.headers["content-type"], pending.body], [200, "application/json", '{"status":"pending"}']);
      assert.equal(await pollsSeen(provider), 1);

      await emulator.approve(String(fields["userCode"]));
      await pollUntilDone(server.url, sessionId);
      const complete = await poll(sessionId);
      assert.equal(complete.status, 200);
      assert.match(complete.body, /^\{"status":"complete","jwt":"[\w-]+\.[\w-]+\.[\w-]+"\}$/);
      assert.deepEqual(await poll(sessionId), complete);

      const { jwt } = JSON.parse(complete.body) as { jwt: string };
      assert.equal(Buffer.from(jwt.split(".")[0] ?? "", "base64url").toString(), '{"alg":"HS256"}');
      const claims = claimsOf(jwt);
      assert.deepEqual(Object.keys(claims), ["v", "rid", "k", "prov", "iat", "exp"]);
      assert.equal(claims.v, 2);
      assert.match(claims.rid, /^[0-9A-HJKMNP-TV-Z]{26}$/);
      assert.equal(Buffer.from(claims.k, "base64url").length, 32);
      assert.equal(claims.prov, provider);
      assert.equal(Number(claims.exp) - Number(claims.iat), 1_209_600);

      const who = await seen(whoami(server.url, jwt));
      assert.equal(who.status, 200);
      assert.match(who.body, new RegExp(`^\\{"user":\\{"id":"[\\w-]{43}","provider":"${provider}"\\},"session":\\{"expires":${claims.exp}\\}\\}$`));
      const answer = await chat(server.url, jwt, MODELS[provider]);
      assert.equal(answer.status, 200, await answer.clone().text());
    });

    test(`${provider}: denied by the person, in our own words`, async () => {
      const started = await startSignIn(server.url, provider);
      await emulator.deny(started.userCode);
      const denied = await poll(started.sessionId);
      assert.equal(denied.status, 200);
      assert.match(denied.body, /^\{"status":"error","error":"[^"]*declined[^"]*"\}$/);
      const polls = await pollsSeen(provider);
      assert.deepEqual(await poll(started.sessionId), denied);
      assert.equal(await pollsSeen(provider), polls, "what is over is not asked again");
    });
  }

  test("without a provider that we know, openai is meant", async () => {
    for (const body of [undefined, "", "{", "[]", "null", "{}", '{"provider":null}', '{"provider":"nobody"}', '{"provider":7}']) {
      const answer = await start(body);
      assert.equal(answer.status, 200, String(body));
      assert.equal(((await answer.json()) as { provider: string }).provider, "openai", String(body));
    }
  });

  test("strangers get 404, whatever they call themselves", async () => {
    for (const id of [randomUUID(), "nope", "x".repeat(65), "%00", "..%2f..", "%f0%9f%94%91"]) {
      const answer = await poll(id);
      assert.deepEqual([answer.status, answer.body], [404, '{"status":"error","error":"session not found"}'], id);
    }
    assert.deepEqual(await emulator.requests(), []);
  });

  test("the providers that are on, in their order", async () => {
    const all = await seen(fetch(`${server.url}/auth/providers`));
    assert.equal(all.status, 200);
    assert.equal(
      all.body,
      '{"providers":[{"id":"openai","displayName":"ChatGPT"},{"id":"xai","displayName":"Grok"},{"id":"github","displayName":"GitHub Copilot"}]}',
    );
  });

  test("a provider that is off is not listed and refused with 403", async () => {
    const few = await Valetkey.start({ emulatorUrl: emulator.origin, env: { VALETKEY_PROVIDERS: "xai" } });
    try {
      assert.equal(await (await fetch(`${few.url}/auth/providers`)).text(), '{"providers":[{"id":"xai","displayName":"Grok"}]}');
      for (const body of ['{"provider":"github"}', "{}"]) {
        const refused = await fetch(`${few.url}/auth/start`, { method: "POST", body });
        assert.equal(refused.status, 403);
        assert.match(error(await refused.text()), /turned off on this server/);
      }
      assert.deepEqual(await emulator.requests(), []);
    } finally {
      await few.stop();
    }
  });
});

describe("a code challenge binds the pass to the starter", () => {
  const verifier = randomBytes(32).toString("base64url");
  const challenge = createHash("sha256").update(verifier).digest("base64url");

  test("only its verifier is answered, by GET or POST", async () => {
    const started = await startSignIn(server.url, "openai", { code_challenge: challenge, code_challenge_method: "S256" });
    await emulator.approve(started.userCode);
    const url = `${server.url}/auth/poll/${started.sessionId}`;
    for (const query of ["", "?code_verifier=", `?code_verifier=${verifier.slice(1)}`, `?code_verifier=${challenge}`]) {
      const answer = await fetch(url + query);
      assert.equal(answer.status, 400, query);
      assert.equal(await answer.text(), '{"status":"error","error":"code_verifier is missing or does not match the code_challenge"}');
    }
    assert.equal(await pollsSeen("openai"), 0, "a thief makes us ask nobody");
    const done = await pollUntilDone(server.url, started.sessionId, verifier);
    assert.equal(done.status, "complete");
    assert.equal((await fetch(url)).status, 400, "nor is the finished pass given away");
    const posted = await fetch(url, { method: "POST", body: JSON.stringify({ code_verifier: verifier }) });
    assert.equal(((await posted.json()) as { jwt: string }).jwt, done.jwt);
  });

  test("a challenge that is none is refused at the start", async () => {
    for (const more of [{ code_challenge: "short" }, { code_challenge: 7 }, { code_challenge: "" }, { code_challenge: challenge, code_challenge_method: "plain" }]) {
      assert.equal((await start(JSON.stringify({ provider: "openai", ...more }))).status, 400, JSON.stringify(more));
    }
    assert.deepEqual(await emulator.requests(), []);
  });
});

describe("uniform 401s, byte for byte", () => {
  let pass: string;
  let bad: [string, Record<string, string>][];

  before(async () => {
    pass = await signIn(server.url, emulator.origin, "openai");
    const revoked = await signIn(server.url, emulator.origin, "openai");
    assert.equal((await fetch(`${server.url}/auth/revoke`, { method: "POST", headers: bearer(revoked) })).status, 204);
    const claims = claimsOf(pass);
    const now = Math.floor(Date.now() / 1000);
    const signed = (change: object, header?: object, hash?: string) =>
      bearer(signPass({ ...claims, ...change }, server.secrets.jwt, header, hash));
    const [head, payload, signature] = pass.split(".");
    bad = [
      ["no header", {}],
      ["empty header", { authorization: "" }],
      ["another scheme", { authorization: `Basic ${pass}` }],
      ["no token", { authorization: "Bearer" }],
      ["no space", { authorization: `Bearer${pass}` }],
      ["no JWT", bearer("sk-1234")],
      ["two parts", bearer(`${head}.${payload}`)],
      ["four parts", bearer(`${pass}.x`)],
      ["no signature", bearer(`${head}.${payload}.`)],
      ["changed signature", bearer(`${head}.${payload}.${signature?.startsWith("A") ? "B" : "A"}${signature?.slice(1)}`)],
      ["another secret", bearer(signPass(claims, server.secrets.identity))],
      ["alg none", bearer(`${Buffer.from('{"alg":"none"}').toString("base64url")}.${payload}.`)],
      ["alg HS512", signed({}, { alg: "HS512" }, "sha512")],
      ["expired", signed({ exp: now - 1 })],
      ["not yet valid", signed({ nbf: now + 1000 })],
      ["version 3", signed({ v: 3 })],
      ["no version", signed({ v: undefined })],
      ["empty rid", signed({ rid: "" })],
      ["K of 31 bytes", signed({ k: randomBytes(31).toString("base64url") })],
      ["K of 33 bytes", signed({ k: randomBytes(33).toString("base64url") })],
      ["another K", signed({ k: randomBytes(32).toString("base64url") })],
      ["unknown provider", signed({ prov: "nobody" })],
      ["another provider", signed({ prov: "xai" })],
      ["no such record", signed({ rid: "01ARZ3NDEKTSV4RRFFQ69G5FAV" })],
      ["an app's", signed({ app: "app_1" })],
      ["revoked", bearer(revoked)],
    ];
  });

  const routes: [string, string, string][] = [
    ["GET", "/auth/whoami", '{"error":"unauthorized"}'],
    ["POST", "/auth/revoke", '{"error":"unauthorized"}'],
    ["GET", "/v1/models", '{"error":{"message":"unauthorized","type":"invalid_request_error"'],
    ["GET", "/v1/models/gpt-5.5", '{"error":{"message":"unauthorized","type":"invalid_request_error"'],
    ["POST", "/v1/chat/completions", '{"error":{"message":"unauthorized","type":"invalid_request_error"'],
    ["POST", "/v1/responses", '{"error":{"message":"unauthorized","type":"invalid_request_error"'],
  ];
  for (const [method, path, body] of routes) {
    test(`${method} ${path}`, async () => {
      let first: Seen | undefined;
      for (const [name, headers] of bad) {
        const answer = await seen(
          fetch(server.url + path, {
            method,
            headers,
            ...(path.startsWith("/v1") && method === "POST" ? { body: '{"model":"gpt-5.5","messages":[],"input":"x"}' } : {}),
          }),
        );
        first ??= answer;
        assert.equal(answer.status, 401, name);
        assert.ok(answer.body.startsWith(body), `${name}: ${answer.body}`);
        assert.deepEqual(answer, first, name);
      }
      assert.deepEqual(await emulator.requests({ upstream: "chatgpt" }), []);
      assert.equal((await whoami(server.url, pass)).status, 200, "the good one still is");
    });
  }

  test("any path below /v1 asks for the pass first", async () => {
    for (const path of ["/v1", "/v1/", "/v1/embeddings", "/v1/nothing"]) {
      const answer = await fetch(server.url + path, { method: "POST", body: "{" });
      assert.equal(answer.status, 401, path);
      const known = await fetch(server.url + path, { method: "POST", headers: bearer(pass), body: "{" });
      assert.equal(known.status, 400, path);
      assert.equal(((await known.json()) as { error: { type: string } }).error.type, "unsupported_endpoint");
    }
  });

  test("the word Bearer in any case, with white space", async () => {
    for (const header of [`bearer ${pass}`, `BEARER   ${pass}`, `Bearer\t${pass}`]) {
      assert.equal((await fetch(`${server.url}/auth/whoami`, { headers: { authorization: header } })).status, 200, header.slice(0, 9));
    }
  });
});

describe("many at once, many places", () => {
  for (const provider of PROVIDERS) {
    test(`${provider}: 64 racing polls complete once, and every pass works`, async () => {
      const started = await startSignIn(server.url, provider);
      await emulator.approve(started.userCode);
      const answers = await Promise.all(Array.from({ length: 64 }, () => pollUntilDone(server.url, started.sessionId)));
      const passes = new Set(answers.map((answer) => answer.jwt ?? JSON.stringify(answer)));
      assert.equal(passes.size, 1);
      assert.equal(await pollsSeen(provider), 1, "one poll found it approved");
      if (provider === "openai") assert.equal((await emulator.requests({ path: "/oauth/token" })).length, 1);
      for (const pass of passes) assert.equal((await whoami(server.url, pass)).status, 200);
    });
  }

  test("polls between two intervals do not reach the provider", async () => {
    const started = await startSignIn(server.url, "openai");
    const until = Date.now() + 2_200;
    let asked = 0;
    while (Date.now() < until) {
      assert.equal((await pollOnce(server.url, started.sessionId)).status, "pending");
      ++asked;
    }
    const times = (await emulator.requests({ upstream: "auth.openai", path: POLL_PATH.openai })).map((record) => record.started_at);
    assert.ok(asked > 20, `only ${asked} polls`);
    assert.ok(times.length >= 2 && times.length <= 3, `${times.length} of ${asked} polls reached the provider`);
    for (let i = 1; i < times.length; i++) assert.ok((times[i] ?? 0) - (times[i - 1] ?? 0) >= 950);
  });

  test("a restart between start and poll loses nothing", async () => {
    const directory = server.directory;
    const first = await Valetkey.start({ emulatorUrl: emulator.origin, directory, secrets: server.secrets });
    const started = await startSignIn(first.url, "openai");
    assert.equal((await pollOnce(first.url, started.sessionId)).status, "pending");
    assert.equal(await first.stop(), 0);
    await emulator.approve(started.userCode);
    const second = await Valetkey.start({ emulatorUrl: emulator.origin, directory, secrets: server.secrets });
    try {
      const done = await pollUntilDone(second.url, started.sessionId);
      assert.equal(done.status, "complete");
      assert.equal((await whoami(second.url, done.jwt ?? "")).status, 200);
    } finally {
      await second.stop();
    }
  });

  test("two servers on one SQLite file: started at one, polled at both, one completion", async () => {
    const twin = await Valetkey.start({ emulatorUrl: emulator.origin, directory: server.directory, secrets: server.secrets });
    try {
      const started = await startSignIn(server.url, "openai");
      assert.equal((await pollOnce(twin.url, started.sessionId)).status, "pending");
      await emulator.approve(started.userCode);
      const urls = Array.from({ length: 32 }, (_, i) => (i % 2 === 0 ? server.url : twin.url));
      const answers = await Promise.all(urls.map((url) => pollUntilDone(url, started.sessionId)));
      const passes = new Set(answers.map((answer) => answer.jwt ?? JSON.stringify(answer)));
      assert.equal(passes.size, 1);
      assert.equal((await emulator.requests({ path: "/oauth/token" })).length, 1);
      const [pass] = passes;
      assert.equal(await userOf(server.url, pass ?? ""), await userOf(twin.url, pass ?? ""));
    } finally {
      await twin.stop();
    }
  });

  test("a second sign-in has the same user and logs nobody out; revoking one ends only that one", async () => {
    const first = await signIn(server.url, emulator.origin, "openai");
    const second = await signIn(server.url, emulator.origin, "openai");
    assert.notEqual(claimsOf(first).rid, claimsOf(second).rid);
    assert.equal(await userOf(server.url, first), await userOf(server.url, second));
    const revoke = () => fetch(`${server.url}/auth/revoke`, { method: "POST", headers: bearer(first) });
    const ended = await revoke();
    assert.deepEqual([ended.status, await ended.text()], [204, ""]);
    assert.equal((await revoke()).status, 401);
    assert.equal((await whoami(server.url, first)).status, 401);
    assert.equal((await chat(server.url, first, "gpt-5.5")).status, 401);
    assert.equal((await whoami(server.url, second)).status, 200);
    assert.equal((await chat(server.url, second, "gpt-5.5")).status, 200);
  });
});

const OUR_WORDS: Record<string, RegExp> = {
  "A2.not_enabled": /enable device code authorization/,
  "A2.unavailable": /try again/,
  "A2.html": /try again|blocked/,
};
// What upstreams say in the faults below; none of it may reach the caller.
const THEIR_WORDS = /invalid_grant|upstream connect|<html|<!doctype|authorization_declined|incorrect_device|Internal Server Error|notification_id|Not Found/i;

describe("the start fails (A2, A13)", () => {
  const failures: { provider: Provider; fault: Scenario }[] = [
    { provider: "openai", fault: { fault: "A2.not_enabled" } },
    { provider: "openai", fault: { fault: "A2.unavailable" } },
    { provider: "openai", fault: { fault: "A2.html", parameters: { status: 403 } } },
    { provider: "openai", fault: { fault: "A2.html", parameters: { status: 200 } } },
    { provider: "openai", fault: { fault: "H4.accept_then_close", upstream: "auth.openai", always: true } },
    { provider: "openai", fault: { fault: "H4.redirect", upstream: "auth.openai", parameters: { location: "http://127.0.0.1:1/" } } },
    { provider: "github", fault: { fault: "H2.error", upstream: "github", parameters: { status: 500, body: "html" } } },
  ];
  for (const { provider, fault } of failures) {
    test(`${fault.fault} ${JSON.stringify(fault.parameters ?? {})}`, async () => {
      await emulator.script(fault);
      const answer = await start(JSON.stringify({ provider }));
      const body = await answer.text();
      assert.equal(answer.status, 502, body);
      assert.deepEqual(Object.keys(JSON.parse(body) as object), ["error"]);
      assert.match(error(body), OUR_WORDS[fault.fault] ?? /try again/);
      assert.doesNotMatch(body, THEIR_WORDS);
    });
  }

  test("xAI's discovery: an error, and a foreign host that must never see us", async () => {
    for (const fault of ["A13.discovery_error", "A13.foreign_host"]) {
      await emulator.clearScenarios();
      await emulator.script({ fault, always: true, ...(fault === "A13.foreign_host" ? { parameters: { host: "evil.example" } } : {}) });
      const fresh = await Valetkey.start({ emulatorUrl: emulator.origin });
      try {
        const answer = await fetch(`${fresh.url}/auth/start`, { method: "POST", body: '{"provider":"xai"}' });
        assert.equal(answer.status, 502, fault);
        assert.match(error(await answer.text()), /Grok sign-in cannot be reached/);
      } finally {
        await fresh.stop();
      }
    }
    assert.deepEqual((await emulator.requests({ upstream: "auth.x" })).filter((record) => record.method === "POST"), []);
  });

  test("the older name of the code, and every spelling of the interval (A1)", async () => {
    await emulator.script({ fault: "A2.usercode_alias" });
    assert.match((await startSignIn(server.url, "openai")).userCode, /^\S{4}-\S{4,5}$/);
    for (const [interval, expected] of [["5", 5000], [5, 5000], ["0", 5000], [null, 5000], ["abc", 5000], [2, 2000]] as const) {
      await emulator.script({ fault: "A1.interval", parameters: { interval } });
      assert.equal((await startSignIn(server.url, "openai")).pollIntervalMs, expected, String(interval));
    }
  });
});

describe("what passes by itself stays pending, and completes afterwards", () => {
  const transients: { provider: Provider; fault: Scenario }[] = [
    { provider: "openai", fault: { fault: "A1.pending", parameters: { status: 404 } } },
    { provider: "openai", fault: { fault: "A3.too_many" } },
    { provider: "openai", fault: { fault: "A3.server_error" } },
    { provider: "openai", fault: { fault: "H4.reset", upstream: "auth.openai", path: POLL_PATH.openai, next: 2 } },
    { provider: "openai", fault: { fault: "H2.error", upstream: "auth.openai", path: "/oauth/token", parameters: { status: 503 } } },
    { provider: "xai", fault: { fault: "H2.error", upstream: "auth.x", path: POLL_PATH.xai, parameters: { status: 502, body: "html" } } },
    { provider: "xai", fault: { fault: "H4.accept_then_close", upstream: "auth.x", path: POLL_PATH.xai, next: 2 } },
    { provider: "github", fault: { fault: "H2.error", upstream: "github", path: POLL_PATH.github, parameters: { status: 500, body: "html" } } },
    { provider: "github", fault: { fault: "A12.rate_limit", path: COPILOT_TOKEN } },
    { provider: "github", fault: { fault: "H2.error", upstream: "api.github", path: "/user", parameters: { status: 503 } } },
  ];
  for (const { provider, fault } of transients) {
    test(`${provider}: ${fault.fault} ${fault.path ?? ""}`, async () => {
      const started = await startSignIn(server.url, provider);
      await emulator.script(fault);
      await emulator.approve(started.userCode);
      assert.deepEqual(await poll(started.sessionId).then(({ status, body }) => [status, body]), [200, '{"status":"pending"}']);
      assert.ok((await struck()) > 0, "the fault has struck");
      const done = await pollUntilDone(server.url, started.sessionId);
      assert.equal(done.status, "complete", JSON.stringify(done));
      assert.equal((await whoami(server.url, done.jwt ?? "")).status, 200);
    });
  }

  for (const [provider, fault] of [["github", "A11.slow_down"], ["xai", "A13.slow_down"]] as const) {
    test(`${provider}: slow_down slows our polls down`, async () => {
      const started = await startSignIn(server.url, provider);
      await emulator.script({ fault });
      await emulator.approve(started.userCode);
      assert.equal((await poll(started.sessionId)).body, '{"status":"pending"}');
      await sleep(1_500);
      assert.equal((await poll(started.sessionId)).body, '{"status":"pending"}');
      assert.equal(await pollsSeen(provider), 1, "the old interval is over, the longer one is not");
    });
  }

  test("github: an answer in form encoding is read too (A11)", async () => {
    await emulator.script({ fault: "A11.form_encoded", always: true, upstream: "github" });
    assert.match(await signIn(server.url, emulator.origin, "github"), /^ey/);
  });
});

describe("what is over is said in our own words", () => {
  const terminals: { provider: Provider; fault: Scenario; words: RegExp; approve?: boolean }[] = [
    { provider: "openai", fault: { fault: "A3.declined" }, words: /declined/ },
    ...(["rfc", "nested", "text", "html"].map((shape) => ({
      provider: "openai", fault: { fault: "A4.invalid_grant", path: "/oauth/token", parameters: { shape } }, words: /start it again/, approve: true,
    }) as const)),
    { provider: "openai", fault: { fault: "A4.wrong_verifier" }, words: /start it again/, approve: true },
    { provider: "openai", fault: { fault: "A4.wrong_redirect", path: "/oauth/token" }, words: /start it again/, approve: true },
    { provider: "openai", fault: { fault: "A9.no_auth_claim", path: "/oauth/token" }, words: /which account/, approve: true },
    { provider: "github", fault: { fault: "A11.denied" }, words: /declined/ },
    { provider: "github", fault: { fault: "A11.unknown_error" }, words: /start it again/ },
    { provider: "github", fault: { fault: "A12.bad_token", path: COPILOT_TOKEN }, words: /start it again/, approve: true },
    { provider: "github", fault: { fault: "A12.entitlement", path: COPILOT_TOKEN, parameters: { notification_id: "no_copilot_access" } }, words: /Copilot/, approve: true },
    { provider: "github", fault: { fault: "A12.not_found", path: COPILOT_TOKEN }, words: /Copilot/, approve: true },
    { provider: "xai", fault: { fault: "A13.denied" }, words: /declined/ },
    { provider: "xai", fault: { fault: "A13.authorization_denied" }, words: /declined/ },
  ];
  for (const { provider, fault, words, approve = false } of terminals) {
    test(`${provider}: ${fault.fault} ${JSON.stringify(fault.parameters ?? {})}`, async () => {
      const started = await startSignIn(server.url, provider);
      await emulator.script(fault);
      if (approve) await emulator.approve(started.userCode);
      const over = await poll(started.sessionId);
      assert.equal(over.status, 200);
      const answer = JSON.parse(over.body) as { status: string; error: string };
      assert.equal(answer.status, "error", over.body);
      assert.ok((await struck()) > 0, "the fault has struck");
      assert.match(answer.error, words);
      assert.doesNotMatch(over.body, THEIR_WORDS);
      const count = (await emulator.requests()).length;
      await sleep(20);
      assert.deepEqual(await poll(started.sessionId), over);
      assert.equal((await emulator.requests()).length, count, "nobody is asked again");
    });
  }

  for (const [provider, fault] of [["github", "A11.expired"], ["xai", "A13.expired"]] as const) {
    test(`${provider}: ${fault} is the state expired`, async () => {
      const started = await startSignIn(server.url, provider);
      await emulator.script({ fault });
      assert.deepEqual(await poll(started.sessionId).then(({ status, body }) => [status, body]), [200, '{"status":"expired"}']);
    });
  }
});

describe("odd tokens at sign-in (A4, A9, A12, A13)", () => {
  for (const fault of ["A4.no_refresh_token", "A9.no_exp", "A9.exp_huge", "A9.padded", "A9.account_in_organizations", "A9.unknown_plan", "A9.fedramp"]) {
    test(fault, async () => {
      const started = await startSignIn(server.url, "openai");
      await emulator.script({ fault, path: "/oauth/token" });
      await emulator.approve(started.userCode);
      const done = await pollUntilDone(server.url, started.sessionId);
      assert.equal(done.status, "complete", JSON.stringify(done));
      assert.equal(await struck(), 1);
      assert.equal((await chat(server.url, done.jwt ?? "", "gpt-5.5")).status, 200);
    });
  }

  test("A12: a Copilot token in the past, without endpoints, or naming a foreign place", async () => {
    for (const fault of ["A12.expires_in_past", "A12.refresh_in_1s", "A12.no_endpoints", "A12.foreign_endpoint"]) {
      const scenario: Scenario = { fault, always: true };
      if (fault === "A12.foreign_endpoint") scenario.parameters = { api: "http://evil.example" };
      await emulator.clearScenarios();
      await emulator.script(scenario);
      const pass = await signIn(server.url, emulator.origin, "github");
      const answer = await chat(server.url, pass, "gpt-4.1");
      assert.equal(answer.status, 200, `${fault}: ${await answer.text()}`);
    }
  });

  test("A13: no expires_in", async () => {
    await emulator.script({ fault: "A13.no_expires_in", always: true });
    const pass = await signIn(server.url, emulator.origin, "xai");
    assert.equal((await chat(server.url, pass, "grok-4.5")).status, 200);
  });
});
