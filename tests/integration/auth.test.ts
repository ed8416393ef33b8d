// /auth/*: every state of a sign-in as AuthAI's clients know it, and its faults gone.
import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { before, describe, test } from "node:test";
import { bearer, chat, seen, userOf, whoami, type Seen } from "./support/answers.ts";
import { startHouse } from "./support/house.ts";
import { claimsOf, signPass } from "./support/passes.ts";
import { MODELS, POLL_PATH, errorOf, pollAnswer, pollOnce, pollUntilDone, pollsSeen, signIn, startAnswer, startSignIn } from "./support/sign_in.ts";
import { Valetkey } from "./support/valetkey.ts";

const PROVIDERS = ["openai", "xai", "github"] as const;

const { emulator, server } = await startHouse();

const start = (body?: string) => startAnswer(server.url, body);
const poll = (sessionId: string) => pollAnswer(server.url, sessionId);

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
      assert.equal(await pollsSeen(emulator, provider), 1);

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
      const polls = await pollsSeen(emulator, provider);
      assert.deepEqual(await poll(started.sessionId), denied);
      assert.equal(await pollsSeen(emulator, provider), polls, "what is over is not asked again");
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
        assert.match(errorOf(await refused.text()), /turned off on this server/);
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
    assert.equal(await pollsSeen(emulator, "openai"), 0, "a thief makes us ask nobody");
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
      assert.equal(await pollsSeen(emulator, provider), 1, "one poll found it approved");
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
