// /auth/*: what the providers do to a sign-in, and what the person is told of it.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { chat, whoami } from "./support/answers.ts";
import type { Scenario } from "./support/emulator.ts";
import { startHouse } from "./support/house.ts";
import { POLL_PATH, errorOf, pollAnswer, pollUntilDone, pollsSeen, signIn, startAnswer, startSignIn, type Provider } from "./support/sign_in.ts";
import { Valetkey } from "./support/valetkey.ts";

const COPILOT_TOKEN = "/copilot_internal/v2/token";

const { emulator, server } = await startHouse();

const start = (body?: string) => startAnswer(server.url, body);
const poll = (sessionId: string) => pollAnswer(server.url, sessionId);
const struck = async () => (await emulator.state()).scenarios.reduce((sum, scenario) => sum + scenario.hit, 0);

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
      assert.match(errorOf(body), OUR_WORDS[fault.fault] ?? /try again/);
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
        assert.match(errorOf(await answer.text()), /Grok sign-in cannot be reached/);
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
      assert.equal(await pollsSeen(emulator, provider), 1, "the old interval is over, the longer one is not");
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
