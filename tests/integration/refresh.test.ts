// Refresh: one upstream refresh whatever happens around it, no lost pair, no hammering, nobody logged out.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { bearer, chat, seen, userOf, whoami } from "./support/answers.ts";
import { headerOf, type RecordedRequest } from "./support/emulator.ts";
import { startHouse } from "./support/house.ts";
import { Postgres } from "./support/postgres.ts";
import { MODELS, signIn, type Provider } from "./support/sign_in.ts";
import { Valetkey } from "./support/valetkey.ts";

type Refreshing = "openai" | "xai";
const ISSUER = { openai: "auth.openai", xai: "auth.x" } as const;
const API = { openai: "chatgpt", xai: "api.x" } as const;
const TOKEN_PATH = { openai: "/oauth/token", xai: "/oauth2/token" } as const;
const HOUR = 3600;

const { emulator, server } = await startHouse();

// A pass whose access token is refreshed at its next use: at most 60 s are left of it.
async function nearlyExpired(provider: Refreshing, url = server.url, seconds = 30): Promise<string> {
  await emulator.settings({ access_lifetime_s: seconds });
  const pass = await signIn(url, emulator.origin, provider);
  await emulator.settings({ access_lifetime_s: HOUR });
  await emulator.clearRequests();
  return pass;
}

// A pass whose access token nobody takes any more.
async function expired(provider: Refreshing): Promise<string> {
  const pass = await nearlyExpired(provider, server.url, 1);
  await sleep(1_050);
  return pass;
}

const refreshes = async (provider: Refreshing): Promise<RecordedRequest[]> =>
  (await emulator.requests({ upstream: ISSUER[provider], path: TOKEN_PATH[provider] })).filter((record) =>
    record.body?.includes("refresh_token"),
  );
const calls = (provider: Refreshing) => emulator.requests({ upstream: API[provider] });
const statusOf = async (pass: string, provider: Provider = "openai", url = server.url): Promise<number> => {
  const answer = await chat(url, pass, MODELS[provider]);
  await answer.arrayBuffer();
  return answer.status;
};
const statusesOf = (count: number, pass: string, provider: Refreshing, urls: string[]) =>
  Promise.all(Array.from({ length: count }, (_, i) => statusOf(pass, provider, urls[i % urls.length])));
const all = (count: number, status: number) => Array.from({ length: count }, () => status);
async function reuses(): Promise<number> {
  return (await emulator.state()).tokens.reuses;
}

describe("64 requests on an expired token (A7)", () => {
  for (const provider of ["openai", "xai"] as const) {
    test(`${provider}: exactly one refresh, 64 good answers, all with the new token`, async () => {
      const pass = await expired(provider);
      assert.deepEqual(await statusesOf(64, pass, provider, [server.url]), all(64, 200));
      assert.equal((await refreshes(provider)).length, 1);
      const made = await calls(provider);
      assert.equal(made.length, 64);
      assert.equal(new Set(made.map((record) => headerOf(record, "authorization"))).size, 1);
      assert.equal(await reuses(), 0);
    });
  }

  test("two processes on one SQLite file: one refresh between them", async () => {
    const twin = await Valetkey.start({ emulatorUrl: emulator.origin, directory: server.directory, secrets: server.secrets });
    try {
      const pass = await expired("openai");
      assert.deepEqual(await statusesOf(64, pass, "openai", [server.url, twin.url]), all(64, 200));
      assert.equal((await refreshes("openai")).length, 1);
    } finally {
      await twin.stop();
    }
  });

  test("two processes on one PostgreSQL: one refresh between them, three times over", async () => {
    const postgres = await Postgres.start();
    const running: Valetkey[] = [];
    try {
      const env = { AUTH_AI_DB_URL: postgres.createDatabase("relay") };
      running.push(await Valetkey.start({ emulatorUrl: emulator.origin, env }));
      const [first] = running;
      assert.ok(first !== undefined);
      running.push(await Valetkey.start({ emulatorUrl: emulator.origin, env, secrets: first.secrets }));
      const urls = running.map((one) => one.url);
      for (let round = 1; round <= 3; round++) {
        const pass = await nearlyExpired(round === 2 ? "xai" : "openai", first.url);
        const provider = round === 2 ? "xai" : "openai";
        assert.deepEqual(await statusesOf(64, pass, provider, urls), all(64, 200));
        assert.equal((await refreshes(provider)).length, 1, `round ${round}`);
      }
      assert.equal(await reuses(), 0);
    } finally {
      for (const one of running) await one.stop();
      await postgres.stop();
    }
  });
});

describe("the pair is rotated and kept (A6)", () => {
  for (const provider of ["openai", "xai"] as const) {
    test(`${provider}: every refresh uses the refresh token of the one before`, async () => {
      await emulator.settings({ access_lifetime_s: 30 });
      const pass = await signIn(server.url, emulator.origin, provider);
      for (let round = 0; round < 4; round++) assert.equal(await statusOf(pass, provider), 200);
      await emulator.settings({ access_lifetime_s: HOUR });
      const bodies = (await refreshes(provider)).map((record) => record.body);
      assert.equal(bodies.length, 4);
      assert.equal(new Set(bodies).size, 4);
      assert.equal(await reuses(), 0);
    });
  }

  test("the caller leaves in mid-refresh: the pair is stored all the same, also for the process after this one", async () => {
    const directory = server.directory;
    const other = await Valetkey.start({ emulatorUrl: emulator.origin, directory, secrets: server.secrets });
    const pass = await expired("openai");
    await emulator.script({ fault: "A6.slow", path: "/oauth/token", parameters: { ms: 700 } });
    const abort = new AbortController();
    const leaving = chat(other.url, pass, "gpt-5.5", "hi", {}, abort.signal);
    await sleep(250);
    abort.abort();
    await assert.rejects(leaving);
    const refresh = await emulator.waitForRequest((record) => record.path.endsWith("/oauth/token") && record.ended_at !== null);
    assert.equal(refresh.disconnected_at, null, "the refresh was not cut off");
    assert.deepEqual(await calls("openai"), [], "nobody wanted the answer any more");
    await sleep(100);
    assert.equal(await other.stop(), 0);
    assert.equal(await statusOf(pass), 200, "another process finds the new pair");
    assert.equal((await refreshes("openai")).length, 1);
    assert.equal(await reuses(), 0);
  });

  test("SIGTERM in mid-refresh with nobody waiting: the pair is stored before the process ends", async () => {
    const directory = server.directory;
    const other = await Valetkey.start({ emulatorUrl: emulator.origin, directory, secrets: server.secrets });
    const pass = await expired("openai");
    await emulator.script({ fault: "A6.slow", path: "/oauth/token", parameters: { ms: 600 } });
    const answer = chat(other.url, pass, "gpt-5.5");
    await sleep(200);
    const stopped = other.stop();
    assert.equal((await answer).status, 200, "a running request is served to its end");
    assert.equal(await stopped, 0);
    assert.equal(await statusOf(pass), 200);
    assert.equal((await refreshes("openai")).length, 1);
  });

  test("a slow refresh is waited for by all, and made once", async () => {
    const pass = await expired("openai");
    await emulator.script({ fault: "A6.slow", path: "/oauth/token", parameters: { ms: 1_200 } });
    assert.deepEqual(await statusesOf(16, pass, "openai", [server.url]), all(16, 200));
    assert.equal((await refreshes("openai")).length, 1);
  });

  test("a stream that waits for a refresh beats meanwhile", async () => {
    const env = { VALETKEY_SERVER_HEARTBEAT_MS: "100" };
    const beating = await Valetkey.start({ emulatorUrl: emulator.origin, directory: server.directory, secrets: server.secrets, env });
    try {
      const pass = await expired("openai");
      await emulator.script({ fault: "A6.slow", path: "/oauth/token", parameters: { ms: 800 } });
      const answer = await (await chat(beating.url, pass, "gpt-5.5", "hi", { stream: true })).text();
      assert.match(answer, /^: waiting for the model\n\n/);
      assert.match(answer, /data: \[DONE\]\n\n$/);
      assert.equal((await refreshes("openai")).length, 1);
      await emulator.script({ fault: "A6.slow", path: "/oauth/token", parameters: { ms: 800 } });
      await emulator.script({ fault: "A8.token_expired", upstream: "chatgpt", always: true });
      const refused = await (await chat(beating.url, pass, "gpt-5.5", "hi", { stream: true })).text();
      assert.match(refused, /^: waiting for the model\n\n[^]*data: \{"error":\{/, "what comes after a beat comes in-band");
    } finally {
      await beating.stop();
    }
  });

  test("a reply without a refresh token keeps the old one", async () => {
    for (const [provider, fault] of [["openai", "A6.no_refresh_token"], ["xai", "A13.no_rotation"]] as const) {
      await emulator.clearScenarios();
      await emulator.settings({ access_lifetime_s: 30 });
      const pass = await signIn(server.url, emulator.origin, provider);
      await emulator.clearRequests();
      await emulator.script({ fault, path: TOKEN_PATH[provider] });
      assert.equal(await statusOf(pass, provider), 200, fault);
      assert.equal(await statusOf(pass, provider), 200, fault);
      await emulator.settings({ access_lifetime_s: HOUR });
      const bodies = (await refreshes(provider)).map((record) => record.body);
      assert.equal(bodies.length, 2);
      assert.equal(new Set(bodies).size, 1, "the same refresh token again");
    }
  });
});

describe("a refresh that fails for good (A6)", () => {
  const faults: [Refreshing, string, Record<string, unknown>][] = [
    ["openai", "A6.reused", { status: 400 }],
    ["openai", "A6.reused", { status: 401 }],
    ["openai", "A6.expired", {}],
    ["openai", "A6.invalidated", {}],
    ["openai", "A6.new_account", { email: "somebody.else@example.test" }],
    ["xai", "A13.tier_denied", {}],
  ];
  for (const [provider, fault, parameters] of faults) {
    test(`${provider}: ${fault} ${JSON.stringify(parameters)}: the uniform 401, and nobody is asked again`, async () => {
      const pass = await expired(provider);
      await emulator.script({ fault, path: TOKEN_PATH[provider], always: true, parameters });
      const nobody = await seen(chat(server.url, "nonsense", MODELS[provider]));
      assert.deepEqual(await seen(chat(server.url, pass, MODELS[provider])), nobody);
      assert.deepEqual(await statusesOf(32, pass, provider, [server.url]), all(32, 401));
      assert.equal((await refreshes(provider)).length, 1);
      assert.deepEqual(await calls(provider), []);
    });
  }

  test("a person who signs in again is served again", async () => {
    const pass = await nearlyExpired("openai");
    await emulator.invalidateRefreshTokens();
    await emulator.expireAccessTokens();
    assert.equal(await statusOf(pass), 401);
    const fresh = await signIn(server.url, emulator.origin, "openai");
    assert.equal(await statusOf(fresh), 200);
    assert.equal(await statusOf(pass), 401);
    assert.equal(await userOf(server.url, fresh), await userOf(server.url, pass));
  });

  test("rotated and then cut: never sent twice by one attempt, ends in 401, no hammering", async () => {
    const pass = await expired("openai");
    await emulator.script({ fault: "A6.cut_after_rotation", path: "/oauth/token" });
    const first = await chat(server.url, pass, "gpt-5.5");
    assert.ok(first.status === 502 || first.status === 503, `${first.status}`);
    assert.equal((await refreshes("openai")).length, 1);
    await sleep(350);
    assert.equal(await statusOf(pass), 401);
    assert.deepEqual(await statusesOf(16, pass, "openai", [server.url]), all(16, 401));
    assert.equal((await refreshes("openai")).length, 2);
  });
});

describe("a refresh that fails for a while (A6)", () => {
  test("500, then good: no 401, and the present token is used while it lasts", async () => {
    for (const provider of ["openai", "xai"] as const) {
      await emulator.clearScenarios();
      const pass = await nearlyExpired(provider);
      await emulator.script({ fault: "A6.server_error", path: TOKEN_PATH[provider] });
      assert.equal(await statusOf(pass, provider), 200, "30 s are left of the old token");
      await sleep(350);
      assert.equal(await statusOf(pass, provider), 200);
      assert.equal((await refreshes(provider)).length, 2);
    }
  });

  for (const fault of ["A6.server_error", "A6.no_access_token", "H4.accept_then_close"]) {
    test(`${fault} on a spent token: a 5xx that asks for a retry, then all is well`, async () => {
      const pass = await expired("openai");
      await emulator.script({ fault, upstream: "auth.openai", path: "/oauth/token" });
      const refused = await chat(server.url, pass, "gpt-5.5");
      const body = await refused.text();
      assert.ok(refused.status === 502 || refused.status === 503, `${refused.status} ${body}`);
      assert.doesNotMatch(body, /unauthorized/);
      assert.deepEqual(await calls("openai"), []);
      await sleep(350);
      assert.equal(await statusOf(pass), 200);
    });
  }

  test("while it fails, a crowd does not hammer the provider", async () => {
    const pass = await expired("openai");
    await emulator.script({ fault: "A6.server_error", path: "/oauth/token", always: true });
    const began = Date.now();
    const statuses = await statusesOf(64, pass, "openai", [server.url]);
    const allowed = 1 + Math.ceil((Date.now() - began) / 300);
    assert.ok(statuses.every((status) => status >= 500), statuses.join());
    assert.ok((await refreshes("openai")).length <= allowed, `${(await refreshes("openai")).length} refreshes`);
    assert.equal((await whoami(server.url, pass)).status, 200);
  });
});

describe("the API refuses the token (A8)", () => {
  for (const [provider, fault] of [["openai", "A8.token_expired"], ["openai", "A8.token_invalidated"], ["openai", "A8.detail"], ["xai", "A8.token_expired"]] as const) {
    test(`${provider}: ${fault} once: one refresh, one more try, 200`, async () => {
      const pass = await signIn(server.url, emulator.origin, provider);
      await emulator.clearRequests();
      await emulator.script({ fault, upstream: API[provider] });
      assert.equal(await statusOf(pass, provider), 200);
      assert.equal((await refreshes(provider)).length, 1);
      assert.deepEqual((await calls(provider)).map((record) => record.status), [provider === "xai" ? 403 : 401, 200]);
    });
  }

  test("64 callers refused at once share one refresh", async () => {
    const pass = await signIn(server.url, emulator.origin, "openai");
    await emulator.clearRequests();
    await emulator.expireAccessTokens();
    assert.deepEqual(await statusesOf(64, pass, "openai", [server.url]), all(64, 200));
    assert.equal((await refreshes("openai")).length, 1);
  });

  for (const provider of ["openai", "xai"] as const) {
    test(`${provider}: 401 for ever: one refresh, two calls, and the answer is 401`, async () => {
      const pass = await signIn(server.url, emulator.origin, provider);
      await emulator.clearRequests();
      await emulator.script({ fault: "A8.token_expired", upstream: API[provider], always: true });
      assert.equal(await statusOf(pass, provider), 401);
      assert.equal((await refreshes(provider)).length, 1);
      assert.equal((await calls(provider)).length, 2);
    });
  }

  test("on /v1/models too", async () => {
    const pass = await signIn(server.url, emulator.origin, "openai");
    await emulator.clearRequests();
    await emulator.script({ fault: "A8.token_expired", upstream: "chatgpt", path: "/models" });
    const answer = await fetch(`${server.url}/v1/models`, { headers: bearer(pass) });
    assert.equal(answer.status, 200);
    assert.equal((await refreshes("openai")).length, 1);
  });

  test("Copilot: a refused short token is exchanged anew, once", async () => {
    const pass = await signIn(server.url, emulator.origin, "github");
    assert.equal(await statusOf(pass, "github"), 200);
    await emulator.clearRequests();
    await emulator.script({ fault: "A8.token_expired", upstream: "copilot" });
    assert.equal(await statusOf(pass, "github"), 200);
    assert.equal((await emulator.requests({ upstream: "api.github", path: "/copilot_internal/v2/token" })).length, 1);
  });
});

describe("rings of secrets", () => {
  const fresh = () => randomBytes(32).toString("hex");
  const run = async (directory: string, secrets: { jwt: string; identity: string }, work: (url: string) => Promise<void>) => {
    const one = await Valetkey.start({ emulatorUrl: emulator.origin, directory, secrets });
    try {
      await work(one.url);
    } finally {
      assert.equal(await one.stop(), 0);
    }
  };

  test("new secrets in front, restarted: nobody is logged out, nobody changes their name", async () => {
    const { directory } = server;
    const [jwt1, jwt2, id1, id2] = [fresh(), fresh(), fresh(), fresh()];
    let old = "";
    let user = "";
    await run(directory, { jwt: jwt1, identity: id1 }, async (url) => {
      old = await signIn(url, emulator.origin, "xai");
      user = await userOf(url, old);
    });
    let young = "";
    await run(directory, { jwt: `${jwt2},${jwt1}`, identity: `${id2},${id1}` }, async (url) => {
      assert.equal(await userOf(url, old), user);
      assert.equal(await statusOf(old, "xai", url), 200);
      young = await signIn(url, emulator.origin, "xai");
      assert.equal(await userOf(url, young), user, "the account is known under its old name");
    });
    await run(directory, { jwt: jwt2, identity: `${id2},${id1}` }, async (url) => {
      assert.equal(await userOf(url, young), user, "the first of the ring has signed it");
      assert.equal((await whoami(url, old)).status, 401, "the old secret is gone from the ring");
    });
  });
});
