// Faults below and around the stream: refusals, server errors, broken HTTP, quota headers, catalogs, and what the
// upstream is sent in the first place. Every test looks from both sides: the client's answer, the emulator's record.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { bearer } from "./support/answers.ts";
import { Emulator, headerOf, jsonOf, type RecordedRequest, type Scenario, type Upstream } from "./support/emulator.ts";
import { pollUntilDone, signIn, startSignIn, type Provider } from "./support/sign_in.ts";
import { list, members, readChat, readChatStream, readRefusal, type Members, type Outcome } from "./support/sse_client.ts";
import { Valetkey } from "./support/valetkey.ts";

type Route = { name: string; provider: Provider; model: string; upstream: Upstream; path: string };
const CODEX: Route = { name: "codex", provider: "openai", model: "gpt-5.5", upstream: "chatgpt", path: "/responses" };
const XAI: Route = { name: "xai", provider: "xai", model: "grok-4.5", upstream: "api.x", path: "/chat/completions" };
const COPILOT: Route = { name: "copilot", provider: "github", model: "gpt-4.1", upstream: "copilot", path: "/chat/completions" };
const ROUTES = [CODEX, XAI, COPILOT];

let emulator: Emulator;
let server: Valetkey;
const passes = new Map<Provider, string>();

before(async () => {
  emulator = await Emulator.start();
  server = await Valetkey.start({ emulatorUrl: emulator.origin });
  for (const provider of ["openai", "xai", "github"] as const) passes.set(provider, await signIn(server.url, emulator.origin, provider));
});

after(async () => {
  await server?.stop();
  await emulator?.stop();
});

beforeEach(async () => {
  await emulator.clearRequests();
});

afterEach(async () => {
  await emulator.clearScenarios();
});

// The pass of a person nobody has seen: the relay keeps catalogs and Copilot tokens by credential.
let strangers = 0;
async function stranger(provider: Provider): Promise<{ email: string; pass: string }> {
  const email = `stranger-${++strangers}@example.test`;
  const started = await startSignIn(server.url, provider);
  await emulator.approve(started.userCode, { email });
  const { jwt } = await pollUntilDone(server.url, started.sessionId);
  assert.ok(jwt !== undefined, "no pass");
  await emulator.clearRequests();
  return { email, pass: jwt };
}

const HELLO = { messages: [{ role: "user", content: "Say hello to the doorman" }] };

function post(provider: Provider, body: object, pass = passes.get(provider) ?? ""): Promise<Response> {
  return fetch(`${server.url}/v1/chat/completions`, {
    method: "POST",
    headers: { ...bearer(pass), "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(15_000),
  });
}

const ask = (route: Route, more: object = {}): Promise<Response> => post(route.provider, { model: route.model, ...HELLO, ...more });

async function callsTo(upstream: Upstream): Promise<RecordedRequest[]> {
  return (await emulator.requests({ upstream })).filter((seen) => seen.method === "POST");
}

async function theCall(upstream: Upstream): Promise<RecordedRequest> {
  const calls = await callsTo(upstream);
  assert.equal(calls.length, 1, `the upstream saw ${calls.length} calls`);
  return calls[0] as RecordedRequest;
}

function strike(route: Route, fault: string, parameters: Record<string, unknown> = {}, more: Partial<Scenario> = { always: true }): Promise<string> {
  return emulator.script({ fault, upstream: route.upstream, path: route.path, parameters, ...more });
}

// The same refusal for a client that streams and for one that does not; one call each, and no refresh.
async function refusals(route: Route): Promise<Outcome[]> {
  const out: Outcome[] = [];
  const refreshes = (await emulator.state()).tokens.refreshes;
  for (const stream of [false, true]) {
    await emulator.clearRequests();
    out.push(await readRefusal(await ask(route, { stream })));
    await theCall(route.upstream);
  }
  assert.equal((await emulator.state()).tokens.refreshes, refreshes, "a refusal that has nothing to do with the token refreshed it");
  return out;
}

const isAbout = (value: string | null, seconds: number) =>
  assert.ok(value !== null && Number(value) <= seconds && Number(value) >= seconds - 5, `Retry-After ${String(value)}, not ${seconds}`);

// --- H1 ---

describe("H1: limits", () => {
  type Form = { parameters: Record<string, unknown>; wait: number | null; ms?: string; should?: string | null };
  const FORMS: Record<string, Form> = {
    "seconds": { parameters: { retry_after: "7" }, wait: 7, ms: "7000" },
    "a float": { parameters: { retry_after: "1.5" }, wait: 2, ms: "1500" },
    "negative": { parameters: { retry_after: "-3" }, wait: null },
    "10^9": { parameters: { retry_after: "1000000000" }, wait: 60 * 86_400, should: "false" },
    "a date to come": { parameters: { retry_after_date_s: 30 }, wait: 30 },
    "a date gone by": { parameters: { retry_after_date_s: -30 }, wait: null },
    "milliseconds": { parameters: { retry_after_ms: 250 }, wait: 1, ms: "250" },
    "more than the SDKs wait": { parameters: { retry_after: "61" }, wait: 61, should: "false" },
    "as long as the SDKs wait": { parameters: { retry_after: "60" }, wait: 60 },
    "no word": { parameters: { retry_after: "soon" }, wait: null },
    "absent": { parameters: {}, wait: null },
  };

  function check(outcome: Outcome, form: Form, status = 429): void {
    assert.equal(outcome.status, status);
    const wait = outcome.headers.get("retry-after");
    if (form.wait === null) assert.equal(wait, null);
    else isAbout(wait, form.wait);
    if (form.ms !== undefined) assert.equal(outcome.headers.get("retry-after-ms"), form.ms);
    assert.equal(outcome.headers.get("x-should-retry"), form.should ?? null);
  }

  for (const route of ROUTES) {
    for (const [name, form] of Object.entries(FORMS)) {
      test(`${route.name}, retry-after: ${name}`, async () => {
        await strike(route, "H1.rate_limited", form.parameters);
        for (const outcome of await refusals(route)) check(outcome, form);
      });
    }
  }

  const LIMITS: Record<string, Form> = {
    "resets_at": { parameters: { resets_at_offset: 7200 }, wait: 7200, should: "false" },
    "resets_in_seconds": { parameters: { resets_in_seconds: 12_345 }, wait: 12_345, should: "false" },
    "a short resets_in_seconds": { parameters: { resets_in_seconds: 20 }, wait: 20 },
    "neither": { parameters: {}, wait: null, should: "false" },
    "the active limit's own headers": { parameters: { active_limit: "codex-bengalfox" }, wait: 3600, should: "false" },
  };
  for (const [name, form] of Object.entries(LIMITS)) {
    test(`codex usage limit: ${name}`, async () => {
      await strike(CODEX, "H1.usage_limit", form.parameters);
      for (const outcome of await refusals(CODEX)) {
        check(outcome, form);
        assert.match(`${String(outcome.error?.["type"])} ${String(outcome.error?.["code"])}`, /usage_limit_reached/);
      }
    });
  }

  test("codex: the model is at capacity", async () => {
    await strike(CODEX, "H1.capacity");
    for (const outcome of await refusals(CODEX)) {
      check(outcome, { parameters: {}, wait: null });
      assert.match(String(outcome.error?.["message"]), /at capacity/);
    }
  });

  test("copilot: a quota that takes weeks", async () => {
    await strike(COPILOT, "H1.copilot_quota", { retry_after: "1209600" });
    for (const outcome of await refusals(COPILOT)) {
      assert.equal(outcome.status, 402);
      assert.equal(outcome.headers.get("retry-after"), "1209600");
      assert.equal(outcome.error?.["code"], "quota_exceeded");
      assert.notEqual(outcome.headers.get("x-should-retry"), "true");
    }
  });
});

// --- H2, H3 ---

describe("H2: server errors", () => {
  for (const route of ROUTES) {
    for (const status of [500, 502, 503, 504, 520, 529]) {
      for (const body of ["json", "html", "empty"]) {
        test(`${route.name} ${status} ${body}`, async () => {
          await strike(route, "H2.error", { status, body });
          for (const outcome of await refusals(route)) {
            const wanted = status === 520 ? 502 : status === 529 ? 503 : status;
            assert.equal(outcome.status, wanted);
            assert.notEqual(outcome.headers.get("x-should-retry"), "false", "it is worth a retry");
          }
        });
      }
    }
  }

  test("codex 503 that says overloaded", async () => {
    await strike(CODEX, "H2.error", { status: 503, code: "server_is_overloaded", retry_after: "3" });
    for (const outcome of await refusals(CODEX)) {
      assert.equal(outcome.status, 503);
      assert.equal(outcome.error?.["code"], "server_is_overloaded");
      assert.equal(outcome.headers.get("retry-after"), "3");
    }
  });

  test("the next call is as if nothing had been", async () => {
    await strike(CODEX, "H2.error", { status: 500 }, { next: 1 });
    assert.equal((await readRefusal(await ask(CODEX))).status, 500);
    assert.match((await readChat(await ask(CODEX))).text, /doorman/);
  });
});

describe("H3: forbidden", () => {
  for (const route of ROUTES) {
    test(`${route.name}: a bot check's page is the server's trouble, not the token's`, async () => {
      await strike(route, "H3.cloudflare");
      for (const outcome of await refusals(route)) {
        assert.equal(outcome.status, 502);
        assert.equal(outcome.error?.["code"], "upstream_blocked");
        assert.equal(outcome.headers.get("x-should-retry"), "false");
      }
    });
  }

  test("codex: a region", async () => {
    await strike(CODEX, "H3.region");
    for (const outcome of await refusals(CODEX)) {
      assert.equal(outcome.status, 403);
      assert.equal(outcome.error?.["code"], "unsupported_country_region_territory");
    }
  });

  test("xai: credits used up", async () => {
    await strike(XAI, "H3.xai_spending_limit");
    for (const outcome of await refusals(XAI)) assert.equal(outcome.status, 403);
  });

  test("xai: bad credentials are a 403 that refreshes once", async () => {
    const refreshes = (await emulator.state()).tokens.refreshes;
    await strike(XAI, "H3.xai_bad_credentials", {}, { next: 1 });
    assert.match((await readChat(await ask(XAI))).text, /doorman/);
    assert.equal((await callsTo("api.x")).length, 2);
    assert.equal((await emulator.state()).tokens.refreshes, refreshes + 1);
  });

  test("xai: bad credentials for ever are 401 after one refresh", async () => {
    const refreshes = (await emulator.state()).tokens.refreshes;
    await strike(XAI, "H3.xai_bad_credentials");
    const outcome = await readRefusal(await ask(XAI, { stream: true }));
    assert.equal(outcome.status, 401);
    assert.equal((await callsTo("api.x")).length, 2);
    assert.equal((await emulator.state()).tokens.refreshes, refreshes + 1);
  });

  test("copilot: no entitlement", async () => {
    await strike(COPILOT, "H3.copilot_entitlement", { notification_id: "subscription_ended" });
    for (const outcome of await refusals(COPILOT)) assert.equal(outcome.status, 403);
  });

  test("copilot: GitHub's own rate limit at the exchange is 429, not a lost sign-in", async () => {
    await strike(COPILOT, "A8.token_expired", {}, { next: 1 });
    await emulator.script({ fault: "H3.github_rate_limit", upstream: "api.github", path: "/v2/token" });
    assert.equal((await readRefusal(await ask(COPILOT))).status, 429);
    assert.equal((await callsTo("copilot")).length, 1);
  });
});

// --- H4 ---

describe("H4: HTTP itself", () => {
  for (const route of ROUTES) {
    for (const fault of ["H4.accept_then_close", "H4.reset"]) {
      // foundation/http/client/client.h: on a pooled connection that turns out closed a call is sent once more.
      test(`${route.name}: ${fault} is 502`, async () => {
        await strike(route, fault);
        for (const stream of [false, true]) {
          await emulator.clearRequests();
          assert.equal((await readRefusal(await ask(route, { stream }))).status, 502);
          assert.ok((await callsTo(route.upstream)).length <= 2);
        }
      });

      test(`${route.name}: ${fault}, and the call is not made again`, async () => {
        for (let round = 0; round < 6; round++) await readChat(await ask(route)); // both workers have pooled connections
        await strike(route, fault);
        for (const outcome of await refusals(route)) assert.equal(outcome.status, 502);
      });
    }

    test(`${route.name}: a redirect is not followed, and the bearer stays home`, async () => {
      await strike(route, "H4.redirect", { location: `${emulator.origin}/api.github/stolen` });
      for (const outcome of await refusals(route)) assert.equal(outcome.status, 502);
      assert.deepEqual(await emulator.requests({ path: "/stolen" }), []);
    });

    for (const fault of ["H4.continue_100", "H4.early_hints", "H4.chunk_extensions", "H4.trailers"]) {
      test(`${route.name}: ${fault} changes nothing`, async () => {
        await strike(route, fault);
        for (const stream of [false, true]) {
          await emulator.clearRequests();
          const outcome = stream ? await readChatStream(await ask(route, { stream })) : await readChat(await ask(route));
          assert.equal(outcome.error, undefined, JSON.stringify(outcome.error));
          assert.match(outcome.text, /doorman/);
          assert.equal((await theCall(route.upstream)).fault_applied, true);
        }
      });
    }

    for (const fault of ["H4.huge_headers", "H4.two_lengths"]) {
      test(`${route.name}: ${fault} is 502`, async () => {
        await strike(route, fault);
        for (const outcome of await refusals(route)) assert.equal(outcome.status, 502);
      });
    }

    test(`${route.name}: a folded header is understood or refused`, async () => {
      await strike(route, "H4.folded_header");
      const response = await ask(route);
      if (response.status === 200) assert.match((await readChat(response)).text, /doorman/);
      else assert.equal((await readRefusal(response)).status, 502);
      await theCall(route.upstream);
    });

    test(`${route.name}: a connection that closes after the answer fails nobody`, async () => {
      await strike(route, "H4.close_after_reply");
      for (let round = 0; round < 5; round++) assert.match((await readChat(await ask(route))).text, /doorman/);
      assert.ok((await callsTo(route.upstream)).length >= 5);
    });
  }
});

// --- H5 ---

describe("H5: quota headers", () => {
  const limits = (outcome: Outcome) =>
    ["limit", "remaining", "reset"].map((name) => outcome.headers.get(`x-ratelimit-${name}-requests`));
  const CASES: Record<string, { remaining: string | null; reset?: RegExp }> = {
    "H5.percent_floats": { remaining: "60", reset: /^9[56]h\d+m\d+s$/ },
    "H5.missing_secondary": { remaining: "87", reset: /^(1h0m0s|59m5\ds)$/ },
    "H5.full": { remaining: "0", reset: /^(1h0m0s|59m5\ds)$/ },
    "H5.other_family": { remaining: null },
    "H5.reset_in_past": { remaining: "60" },
  };
  for (const [fault, wanted] of Object.entries(CASES)) {
    test(fault, async () => {
      await strike(CODEX, fault);
      for (const stream of [false, true]) {
        await emulator.clearRequests();
        const outcome = stream ? await readChatStream(await ask(CODEX, { stream })) : await readChat(await ask(CODEX));
        const [limit, remaining, reset] = limits(outcome);
        assert.equal(remaining, wanted.remaining);
        assert.equal(limit, wanted.remaining === null ? null : "100");
        if (wanted.reset !== undefined) assert.match(reset ?? "", wanted.reset);
        assert.equal((await theCall("chatgpt")).fault_applied, true);
        for (const [name] of outcome.headers) assert.doesNotMatch(name, /^x-codex|^openai-model/);
      }
    });
  }

  test("xai's own are passed on", async () => {
    const outcome = await readChat(await ask(XAI));
    assert.deepEqual(limits(outcome).slice(0, 2), ["480", "479"]);
    await theCall("api.x");
  });
});

// --- H6 ---

describe("H6: catalogs", () => {
  async function newcomer(provider: Provider): Promise<{ email: string; models: () => Promise<string[]> }> {
    const { email, pass } = await stranger(provider);
    const models = async () => {
      const response = await fetch(`${server.url}/v1/models`, { headers: bearer(pass) });
      const body = members(await response.json());
      assert.equal(response.status, 200, JSON.stringify(body));
      assert.equal(body["object"], "list");
      return list(body["data"]).map((entry) => {
        const model = members(entry);
        assert.deepEqual([model["object"], typeof model["created"], typeof model["owned_by"]], ["model", "number", "string"]);
        return String(model["id"]);
      });
    };
    return { email, models };
  }
  const FALLBACK = ["gpt-5.5", "gpt-5.4", "gpt-5.4-mini"];
  const asked = async (upstream: Upstream) => (await emulator.requests({ upstream })).filter((seen) => seen.path.endsWith("/models"));

  test("codex's is translated, hidden models left out, and asked for once", async () => {
    const { models } = await newcomer("openai");
    const first = await models();
    assert.ok(first.includes("gpt-5.6-sol") && !first.includes("codex-auto-review"));
    assert.deepEqual(await models(), first);
    const [seen, ...more] = await asked("chatgpt");
    assert.equal(more.length, 0);
    assert.match(seen?.query ?? "", /client_version=\d+\.\d+\.\d+/);
  });

  for (const fault of ["H6.unknown_fields", "H6.large"]) {
    test(`codex: ${fault}`, async () => {
      const { models } = await newcomer("openai");
      await emulator.script({ fault, upstream: "chatgpt", path: "/models" });
      assert.ok((await models()).includes("gpt-5.6-sol"));
      assert.equal((await asked("chatgpt"))[0]?.fault_applied, true);
    });
  }

  test("codex: an empty one is the fallback list", async () => {
    const { models } = await newcomer("openai");
    await emulator.script({ fault: "H6.empty", upstream: "chatgpt", path: "/models" });
    assert.deepEqual(await models(), FALLBACK);
  });

  for (const [name, fault, parameters] of [
    ["500", "H2.error", { status: 500 }],
    ["503 HTML", "H2.error", { status: 503, body: "html" }],
    ["a reset", "H4.reset", {}],
  ] as const) {
    test(`codex: ${name} without a known catalog is the fallback list`, async () => {
      const { models } = await newcomer("openai");
      await emulator.script({ fault, upstream: "chatgpt", path: "/models", always: true, parameters });
      assert.deepEqual(await models(), FALLBACK);
      assert.ok((await asked("chatgpt")).length >= 1);
    });
  }

  for (const [provider, upstream] of [["xai", "api.x"], ["github", "copilot"]] as const) {
    test(`${provider}: an empty one is an empty list`, async () => {
      const { models } = await newcomer(provider);
      await emulator.script({ fault: "H6.empty", upstream, path: "/models" });
      assert.deepEqual(await models(), []);
      assert.equal((await asked(upstream)).length, 1);
    });
  }

  test("401 refreshes once, then the list", async () => {
    const { email, models } = await newcomer("openai");
    await emulator.script({ fault: "A8.token_expired", upstream: "chatgpt", path: "/models", credential: email });
    const refreshes = (await emulator.state()).tokens.refreshes;
    assert.ok((await models()).includes("gpt-5.6-sol"));
    assert.equal((await emulator.state()).tokens.refreshes, refreshes + 1);
    assert.equal((await asked("chatgpt")).length, 2);
  });
});

// --- H8: what the upstream is sent ---

const PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const CITY = { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false };
const WEATHER = { type: "function", function: { name: "get_weather", description: "The weather", parameters: CITY, strict: true } };
const PERSON = { type: "object", properties: { name: { type: "string" } }, required: ["name"], additionalProperties: false };
const CONVERSATION = [
  { role: "system", content: "Be brief." },
  { role: "user", content: [{ type: "text", text: "What is this?" }, { type: "image_url", image_url: { url: PIXEL, detail: "low" } }] },
  {
    role: "assistant",
    content: null,
    tool_calls: [{ id: "call_1", type: "function", function: { name: "get_weather", arguments: '{"city":"Oslo"}' } }],
  },
  { role: "tool", tool_call_id: "call_1", content: "21 degrees" },
  { role: "user", content: "And now?" },
];
const RICH = {
  messages: CONVERSATION,
  tools: [WEATHER],
  tool_choice: "auto",
  response_format: { type: "json_schema", json_schema: { name: "person", strict: true, schema: PERSON } },
};

// Upstreams may be asked for what the client did not name; the golden holds what has to be as it is.
function assertHolds(actual: unknown, wanted: unknown, place = "body"): void {
  if (Array.isArray(wanted)) {
    assert.equal(list(actual).length, wanted.length, `${place}: ${JSON.stringify(actual)}`);
    wanted.forEach((entry, index) => assertHolds(list(actual)[index], entry, `${place}[${index}]`));
  } else if (typeof wanted === "object" && wanted !== null) {
    for (const [name, value] of Object.entries(wanted)) assertHolds(members(actual, place)[name], value, `${place}.${name}`);
  } else {
    assert.deepEqual(actual, wanted, place);
  }
}

describe("H8: translation as the upstream sees it", () => {
  test("an upstream that echoes is an error, and its echo stays inside", async () => {
    await strike(CODEX, "H8.echo");
    for (const outcome of await refusals(CODEX)) assert.doesNotMatch(JSON.stringify(outcome.error), /bearer|eyJ/i);
  });

  test("codex: instructions, developer roles, images, calls and outputs, flat tools, text.format", async () => {
    await readChat(await ask(CODEX, { ...RICH, reasoning_effort: "minimal" }));
    const seen = await theCall("chatgpt");
    const body = jsonOf(seen);
    assertHolds(body, {
      model: "gpt-5.5",
      store: false,
      stream: true,
      tool_choice: "auto",
      include: ["reasoning.encrypted_content"],
      reasoning: { effort: "low" },
      tools: [{ type: "function", name: "get_weather", description: "The weather", parameters: CITY, strict: true }],
      text: { format: { type: "json_schema", name: "person", strict: true, schema: PERSON } },
    });
    assert.equal(typeof body["instructions"], "string");
    const input = list(body["input"]).map((item) => members(item));
    assert.ok(input.every((item) => item["role"] !== "system" && !("id" in item)));
    const system = input.filter((item) => item["role"] === "developer");
    assert.ok(body["instructions"] === "Be brief." || JSON.stringify(system).includes("Be brief."));
    assertHolds(input.filter((item) => item["role"] !== "developer"), [
      { role: "user", content: [{ type: "input_text", text: "What is this?" }, { type: "input_image", image_url: PIXEL, detail: "low" }] },
      { type: "function_call", call_id: "call_1", name: "get_weather", arguments: '{"city":"Oslo"}' },
      { type: "function_call_output", call_id: "call_1", output: "21 degrees" },
      { role: "user", content: [{ type: "input_text", text: "And now?" }] },
    ]);
    assert.equal(headerOf(seen, "accept"), "text/event-stream");
    assert.equal(headerOf(seen, "originator"), "valetkey-tests");
    assert.ok(headerOf(seen, "chatgpt-account-id"));
  });

  for (const route of [XAI, COPILOT]) {
    test(`${route.name}: the conversation, tools and schema are what the client wrote`, async () => {
      await readChat(await ask(route, RICH));
      const body = jsonOf(await theCall(route.upstream));
      assertHolds(body, { model: route.model, stream: true, stream_options: { include_usage: true }, ...RICH });
    });
  }

  test("copilot over responses: flat tools, no service tier, no stored ids", async () => {
    await readChat(await post("github", { model: "gpt-5.5", ...RICH, service_tier: "priority" }));
    const seen = await theCall("copilot");
    assert.ok(seen.path.endsWith("/responses"));
    const body = jsonOf(seen);
    assertHolds(body, { model: "gpt-5.5", stream: true, tools: [{ type: "function", name: "get_weather", parameters: CITY }] });
    assert.ok(!("service_tier" in body));
    assert.equal(headerOf(seen, "copilot-vision-request"), "true");
  });

  const dropped = async (response: Response) => (response.headers.get("x-valetkey-dropped") ?? "").split(", ").sort();
  const KNOBS = { temperature: 0.5, top_p: 0.9, max_tokens: 500, seed: 7, user: "ada", presence_penalty: 0.1, metadata: { a: "b" } };

  for (const stream of [false, true]) {
    test(`codex: what cannot be said is left out and named${stream ? ", streamed" : ""}`, async () => {
      const response = await ask(CODEX, { ...KNOBS, stream });
      assert.deepEqual(await dropped(response), Object.keys(KNOBS).sort());
      const outcome = stream ? await readChatStream(response) : await readChat(response);
      assert.match(outcome.text, /doorman/);
      const body = jsonOf(await theCall("chatgpt"));
      for (const name of [...Object.keys(KNOBS), "max_output_tokens"]) assert.ok(!(name in body), name);
    });
  }

  test("copilot: what can be said is said", async () => {
    const response = await ask(COPILOT, KNOBS);
    assert.deepEqual(await dropped(response), ["metadata"]);
    const { metadata: _metadata, ...kept } = KNOBS;
    assertHolds(jsonOf(await theCall("copilot")), kept);
  });

  test("xai: penalties and metadata are left out and named", async () => {
    const response = await ask(XAI, KNOBS);
    assert.deepEqual(await dropped(response), ["metadata", "presence_penalty"]);
    const body = jsonOf(await theCall("api.x"));
    assertHolds(body, { temperature: 0.5, top_p: 0.9, seed: 7, user: "ada" });
    assert.ok(!("presence_penalty" in body));
  });

  test("an answer that lost nothing names nothing", async () => {
    const response = await ask(CODEX, { temperature: null, n: 1 });
    assert.equal(response.headers.get("x-valetkey-dropped"), null);
    await readChat(response);
  });

  for (const route of ROUTES) {
    test(`${route.name}: n of 2 is refused without a call`, async () => {
      const outcome = await readRefusal(await ask(route, { n: 2 }));
      assert.equal(outcome.status, 400);
      assert.equal(outcome.error?.["param"], "n");
      assert.deepEqual(await callsTo(route.upstream), []);
    });

    test(`${route.name}: a client's own headers stay here`, async () => {
      const response = await fetch(`${server.url}/v1/chat/completions`, {
        method: "POST",
        headers: {
          ...bearer(passes.get(route.provider) ?? ""),
          "content-type": "application/json",
          "x-stainless-retry-count": "1",
          "idempotency-key": "once",
          cookie: "a=b",
          "x-forwarded-for": "10.1.2.3",
        },
        body: JSON.stringify({ model: route.model, ...HELLO }),
      });
      await readChat(response);
      const seen = await theCall(route.upstream);
      for (const name of ["x-stainless-retry-count", "idempotency-key", "cookie", "x-forwarded-for"]) assert.equal(headerOf(seen, name), undefined, name);
      assert.doesNotMatch(JSON.stringify(seen), new RegExp((passes.get(route.provider) ?? "").slice(-24)));
    });
  }
});

// --- Copilot ---

describe("copilot", () => {
  const AFTER_TOOL: Members[] = CONVERSATION.slice(0, 4);

  for (const [name, model] of [["chat", "gpt-4.1"], ["responses", "gpt-5.5"]] as const) {
    test(`${name}: X-Initiator is user after a person, agent after a tool`, async () => {
      const before = (await emulator.state()).initiators;
      await readChat(await post("github", { model, ...HELLO }));
      assert.equal(headerOf(await theCall("copilot"), "x-initiator"), "user");
      await emulator.clearRequests();
      await readChat(await post("github", { model, messages: AFTER_TOOL, tools: [WEATHER] }));
      assert.equal(headerOf(await theCall("copilot"), "x-initiator"), "agent");
      const now = (await emulator.state()).initiators;
      assert.deepEqual([now.user - before.user, now.agent - before.agent, now.missing], [1, 1, before.missing]);
    });

    test(`${name}: the vision header comes with an image and not without`, async () => {
      await readChat(await post("github", { model, messages: CONVERSATION.slice(0, 2) }));
      assert.equal(headerOf(await theCall("copilot"), "copilot-vision-request"), "true");
      await emulator.clearRequests();
      await readChat(await post("github", { model, ...HELLO }));
      assert.equal(headerOf(await theCall("copilot"), "copilot-vision-request"), undefined);
    });

    test(`${name}: a refused Copilot token is exchanged again, once`, async () => {
      for (const fault of ["A8.token_expired", "A8.detail"]) {
        const { pass } = await stranger("github");
        await readChat(await post("github", { model, ...HELLO }, pass));
        await emulator.clearRequests();
        const before = (await emulator.state()).tokens.copilot_exchanges;
        await emulator.script({ fault, upstream: "copilot", path: name === "chat" ? "/chat/completions" : "/responses" });
        assert.match((await readChat(await post("github", { model, ...HELLO }, pass))).text, /doorman/);
        const [first, second, ...more] = await callsTo("copilot");
        assert.ok(first !== undefined && second !== undefined && more.length === 0);
        assert.notEqual(headerOf(first, "authorization"), headerOf(second, "authorization"), "the same token again");
        assert.equal((await emulator.state()).tokens.copilot_exchanges, before + 1, fault);
      }
    });
  }

  const unsupported = (path: string): Scenario => ({
    fault: "http.answer",
    upstream: "copilot",
    path,
    always: true,
    parameters: {
      status: 400,
      body: { error: { message: "model gpt-5-mini is not accessible via this endpoint", code: "unsupported_api_for_model" } },
    },
  });

  for (const stream of [false, true]) {
    test(`an endpoint the model has not is left for the other one${stream ? ", streamed" : ""}`, async () => {
      await emulator.script(unsupported("/chat/completions"));
      const response = await post("github", { model: "gpt-5-mini", ...HELLO, stream });
      const outcome = stream ? await readChatStream(response) : await readChat(response);
      assert.match(outcome.text, /doorman/);
      assert.deepEqual((await callsTo("copilot")).map((seen) => seen.path.split("/").at(-1)), ["completions", "responses"]);
    });
  }

  test("it is left only once", async () => {
    await emulator.script(unsupported("/chat/completions"));
    await emulator.script(unsupported("/responses"));
    const outcome = await readRefusal(await post("github", { model: "gpt-5-mini", ...HELLO }));
    assert.equal(outcome.status, 400);
    assert.equal(outcome.error?.["code"], "unsupported_api_for_model");
    assert.equal((await callsTo("copilot")).length, 2);
  });

  test("a token refused for ever is 401 after one more exchange", async () => {
    const { pass } = await stranger("github");
    await readChat(await post("github", { model: COPILOT.model, ...HELLO }, pass));
    await emulator.clearRequests();
    const before = (await emulator.state()).tokens.copilot_exchanges;
    await strike(COPILOT, "A8.token_expired");
    assert.equal((await readRefusal(await post("github", { model: COPILOT.model, ...HELLO }, pass))).status, 401);
    assert.equal((await callsTo("copilot")).length, 2);
    assert.equal((await emulator.state()).tokens.copilot_exchanges, before + 1);
  });
});
