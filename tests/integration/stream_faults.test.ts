// Every stream fault the emulator knows, through every upstream dialect, in every client form. What the client saw
// keeps the invariants of support/sse_client.ts; what the upstream saw is one call, never a second.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { after, afterEach, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { bearer } from "./support/answers.ts";
import { Emulator, headerOf, type RecordedRequest, type Upstream } from "./support/emulator.ts";
import { signIn, type Provider } from "./support/sign_in.ts";
import { members, readChat, readChatStream, readResponsesStream, type Outcome } from "./support/sse_client.ts";
import { Valetkey } from "./support/valetkey.ts";

type Route = { name: string; provider: Provider; model: string; upstream: Upstream; path: string; dialect: "chat" | "responses" };

const CODEX: Route = { name: "codex", provider: "openai", model: "gpt-5.5", upstream: "chatgpt", path: "/responses", dialect: "responses" };
const XAI: Route = { name: "xai", provider: "xai", model: "grok-4.5", upstream: "api.x", path: "/chat/completions", dialect: "chat" };
const COPILOT_CHAT: Route = { name: "copilot chat", provider: "github", model: "gpt-4.1", upstream: "copilot", path: "/chat/completions", dialect: "chat" };
const COPILOT_RESPONSES: Route = { name: "copilot responses", provider: "github", model: "gpt-5.5", upstream: "copilot", path: "/responses", dialect: "responses" };
const ROUTES = [CODEX, XAI, COPILOT_CHAT, COPILOT_RESPONSES];

// How a client asks and reads.
type Form = "chat stream" | "chat whole" | "responses stream";

const TEXT_PROMPT = "Please write 40 words about doors";
const TOOL_PROMPT = "Use get_weather and get_time for Oslo";
const EMOJI = "Look \u{1F600} \u{1F389} \u{1F680} \u2713 ";

const tool = (name: string) => ({
  name,
  description: `${name} of a city`,
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false },
});
const TOOLS = [tool("get_weather"), tool("get_time")];

let emulator: Emulator;
let server: Valetkey;
let impatient: Valetkey; // beats after 100 ms of silence and gives up after 1 s
const passes = new Map<string, string>();

before(async () => {
  emulator = await Emulator.start();
  server = await Valetkey.start({ emulatorUrl: emulator.origin });
  impatient = await Valetkey.start({
    emulatorUrl: emulator.origin,
    env: { VALETKEY_SERVER_HEARTBEAT_MS: "100", VALETKEY_UPSTREAM_IDLE_TIMEOUT_MS: "1000", VALETKEY_UPSTREAM_HEAD_TIMEOUT_MS: "1000" },
  });
  for (const place of [server, impatient]) {
    for (const provider of ["openai", "xai", "github"] as const) {
      passes.set(place.url + provider, await signIn(place.url, emulator.origin, provider));
    }
  }
});

after(async () => {
  await Promise.all([server?.stop(), impatient?.stop()]);
  await emulator?.stop();
});

afterEach(async () => {
  await emulator.clearScenarios();
});

function ask(place: Valetkey, route: Route, form: Form, prompt: string, tools: boolean, signal?: AbortSignal): Promise<Response> {
  const body =
    form === "responses stream"
      ? { input: prompt, stream: true, ...(tools ? { tools: TOOLS.map((one) => ({ type: "function", strict: false, ...one })) } : {}) }
      : {
          messages: [{ role: "user", content: prompt }],
          ...(form === "chat stream" ? { stream: true, stream_options: { include_usage: true } } : {}),
          ...(tools ? { tools: TOOLS.map((one) => ({ type: "function", function: one })) } : {}),
        };
  return fetch(`${place.url}/v1/${form === "responses stream" ? "responses" : "chat/completions"}`, {
    method: "POST",
    headers: { ...bearer(passes.get(place.url + route.provider) ?? ""), "content-type": "application/json" },
    body: JSON.stringify({ model: route.model, ...body }),
    signal: signal ?? AbortSignal.timeout(20_000),
  });
}

async function outcomeOf(place: Valetkey, route: Route, form: Form, prompt: string, tools = false): Promise<Outcome> {
  const response = await ask(place, route, form, prompt, tools);
  if (form === "chat stream") return await readChatStream(response);
  return form === "chat whole" ? await readChat(response) : await readResponsesStream(response);
}

// The model calls an upstream saw; sign-ins and catalogs are no part of it.
async function callsTo(route: Route): Promise<RecordedRequest[]> {
  return (await emulator.requests({ upstream: route.upstream })).filter((seen) => seen.method === "POST");
}

const baselines = new Map<string, Promise<Outcome>>();
function baseline(route: Route, form: Form, tools: boolean): Promise<Outcome> {
  const key = `${route.name} ${form} ${tools}`;
  const known = baselines.get(key) ?? outcomeOf(server, route, form, tools ? TOOL_PROMPT : TEXT_PROMPT, tools);
  baselines.set(key, known);
  return known;
}

// Runs the fault once, with the fault-free answer of the same prompt and what the upstream saw.
type Run = { outcome: Outcome; clean: Outcome; seen: RecordedRequest };
async function run(place: Valetkey, route: Route, form: Form, fault: string, parameters: Record<string, unknown> = {}, tools = false): Promise<Run> {
  const clean = await baseline(route, form, tools);
  assert.equal(clean.error, undefined, `the answer without a fault failed: ${JSON.stringify(clean.error)}`);
  await emulator.clearScenarios();
  await emulator.clearRequests();
  await emulator.script({ fault, upstream: route.upstream, path: route.path, always: true, parameters });
  const outcome = await outcomeOf(place, route, form, tools ? TOOL_PROMPT : TEXT_PROMPT, tools);
  const calls = await callsTo(route);
  assert.equal(calls.length, 1, `the upstream saw ${calls.length} calls`);
  const seen = calls[0] as RecordedRequest;
  assert.equal(seen.fault, fault);
  assert.equal(JSON.parse(seen.body ?? "{}").stream, true);
  return { outcome, clean, seen };
}

// --- what may come of a fault ---

function whole({ outcome, clean }: Run, text = clean.text): void {
  assert.equal(outcome.error, undefined, `failed: ${outcome.status} ${JSON.stringify(outcome.error)}`);
  assert.equal(outcome.status, 200);
  assert.equal(outcome.text, text);
  assert.equal(outcome.refusal, clean.refusal);
  assert.equal(outcome.finish, clean.finish);
  const plain = (one: Outcome) => one.calls.map((call) => JSON.stringify([call.name, call.input])).sort();
  assert.deepEqual(plain(outcome), plain(clean));
  assert.equal(new Set(outcome.calls.map((call) => call.id)).size, outcome.calls.length);
}

function wholeWithUsage(given: Run): void {
  whole(given);
  assert.deepEqual(given.outcome.usage, given.clean.usage);
}

function failed({ outcome, clean }: Run): void {
  assert.ok(outcome.error !== undefined, `no error, but ${outcome.finish ?? "nothing"} after ${outcome.text.length} bytes`);
  assert.ok(clean.text.startsWith(outcome.text), `no prefix: ${JSON.stringify(outcome.text)}`);
}

function either(given: Run, text = given.clean.text): void {
  if (given.outcome.error === undefined) whole(given, text);
  else failed(given);
}

// Unreadable bytes were put into the text: an error, or the text with replacements in their place.
function eitherWithout(junk: RegExp): (given: Run) => void {
  return (given) => {
    given.outcome.text = given.outcome.text.replace(junk, "");
    either(given);
  };
}

function finishes(chat: string, responses: string, check: (outcome: Outcome, clean: Outcome) => void): (given: Run, form: Form) => void {
  return ({ outcome, clean }, form) => {
    assert.equal(outcome.error, undefined, JSON.stringify(outcome.error));
    assert.equal(outcome.finish, form === "responses stream" ? responses : chat);
    check(outcome, clean);
  };
}

// Nothing was forwarded: a true status. `codex` is exact there; the chat upstreams name codes of another vendor.
function refusedWith(status: number, code: string): (given: Run, form: Form, route: Route) => void {
  return ({ outcome }, _form, route) => {
    assert.ok(outcome.error !== undefined && outcome.status >= 400, `status ${outcome.status}`);
    assert.equal(outcome.text, "");
    if (route !== CODEX) return;
    assert.equal(outcome.status, status);
    assert.equal(outcome.error["code"], code);
  };
}

function failedInBand(code: string): (given: Run, form: Form, route: Route) => void {
  return (given, form, route) => {
    failed(given);
    if (form === "chat whole") return assert.ok(given.outcome.status >= 400);
    assert.equal(given.outcome.status, 200, "text was sent before");
    assert.ok(given.outcome.text.length > 0, "the deltas before the failure are lost");
    if (route === CODEX) assert.equal(given.outcome.error?.["code"], code);
  };
}

type Expectation = (given: Run, form: Form, route: Route) => void;
type Row = {
  fault: string;
  expect: Expectation;
  parameters?: Record<string, unknown>;
  tools?: boolean; // also with two parallel tool calls
  only?: Route[];
};

const bothDialects = (ids: string[], expect: Expectation, parameters: Record<string, unknown> = {}): Row[] =>
  ids.map((fault) => ({ fault, expect, parameters }));
const failures = (id: string, status: number, code: string): Row[] => [
  { fault: id, parameters: { after: "start" }, expect: refusedWith(status, code) },
  { fault: id, parameters: { after: "created" }, expect: refusedWith(status, code) },
  { fault: id, parameters: { after: "deltas" }, expect: failedInBand(code) },
];
const emptyText = (outcome: Outcome) => assert.equal(outcome.text, "");

const RESPONSES_ROUTES = [CODEX, COPILOT_RESPONSES];
const CHAT_ROUTES = [XAI, COPILOT_CHAT];

const TABLE: Row[] = [
  ...bothDialects(["S1.slow_headers", "S1.slow_first_event"], wholeWithUsage, { ms: 50 }),
  { fault: "S1.slow_events", expect: wholeWithUsage, parameters: { ms: 1 } },
  ...bothDialects(["S1.keepalive_comments", "S1.keepalive_events"], wholeWithUsage, { ms: 5, count: 3 }),

  ...bothDialects(["S2.rst_mid_event", "S2.eof_mid_event", "S2.eof_between_events", "S2.eof_in_chunk"], failed),
  ...bothDialects(["S2.eof_after_done", "S2.close_delimited"], wholeWithUsage),

  ...bothDialects(
    ["crlf", "cr", "no_space", "multi_line", "bom", "comments", "id_retry", "event_after_data", "no_final_blank", "no_content_type", "charset"].map(
      (id) => `S3.${id}`,
    ),
    wholeWithUsage,
  ),
  ...bothDialects(["S3.gzip", "S3.br", "S3.zstd", "S3.gzip_unrequested"], wholeWithUsage),

  ...bothDialects(["S4.bytewise", "S4.split_crlf", "S4.huge_event", "S4.one_segment"], wholeWithUsage),
  ...bothDialects(["S4.split_utf8", "S4.surrogates"], (given) => whole(given, EMOJI + given.clean.text)),
  { fault: "S4.tiny_deltas", expect: (given) => whole(given, `a${" a".repeat(9_999)}`) },

  ...bothDialects(["S5.malformed", "S5.truncated", "S5.deep_nesting"], (given) => either(given)),
  ...bothDialects(["S5.unknown_type", "S5.name_differs", "S5.duplicate_keys"], wholeWithUsage),
  { fault: "S5.invalid_utf8", expect: eitherWithout(/\uFFFD+\(\uFFFD+/) },
  { fault: "S5.nul", expect: eitherWithout(/[\0\uFFFD]/) },

  ...[
    "output_filled",
    "output_empty",
    "no_item_added",
    "args_done_only",
    "rotating_ids",
    "padded_args",
    "interleaved_calls",
    "out_of_order_index",
    "two_terminals",
    "events_after_terminal",
    "end_turn",
  ].map((id): Row => ({ fault: `S6.${id}`, expect: wholeWithUsage, tools: true, only: RESPONSES_ROUTES })),
  { fault: "S6.ciphertext_args", expect: wholeWithUsage, tools: true, only: [COPILOT_RESPONSES] },
  ...["usage_null", "usage_details_null", "usage_absent"].map((id): Row => ({ fault: `S6.${id}`, expect: (given) => whole(given), only: RESPONSES_ROUTES })),
  {
    fault: "S6.usage_cached_exceeds",
    only: RESPONSES_ROUTES,
    expect: (given, form) => {
      whole(given);
      if (form === "responses stream") return;
      const usage = members(given.outcome.usage);
      assert.ok(Number(members(usage["prompt_tokens_details"])["cached_tokens"]) <= Number(usage["prompt_tokens"]));
    },
  },

  ...failures("S7.overloaded", 503, "server_is_overloaded"),
  ...failures("S7.usage_not_included", 403, "usage_not_included"),
  ...failures("S7.rate_limited", 429, "rate_limit_exceeded"),
  ...failures("S7.failed", 502, "server_error"),

  ...["S8.error_flat", "S8.error_nested", "S8.chat_error"].flatMap((fault): Row[] => [
    { fault, parameters: { after: "start" }, expect: refusedWith(502, "server_error"), only: fault === "S8.chat_error" ? CHAT_ROUTES : ROUTES },
    { fault, parameters: { after: "deltas" }, expect: failedInBand("server_error"), only: fault === "S8.chat_error" ? CHAT_ROUTES : ROUTES },
  ]),
  ...bothDialects(["S8.json_body", "S8.html_body"], ({ outcome }) => assert.ok(outcome.status >= 400, `status ${outcome.status}`)),

  {
    fault: "S9.max_output_tokens",
    expect: finishes("length", "response.incomplete", (outcome, clean) => assert.equal(outcome.text, clean.text)),
  },
  {
    fault: "S9.content_filter",
    expect: finishes("content_filter", "response.incomplete", (outcome, clean) => assert.ok(clean.text.startsWith(outcome.text))),
  },
  {
    fault: "S9.refusal",
    expect: finishes("stop", "response.completed", (outcome) => assert.equal(outcome.refusal, "I'm sorry, but I can't help with that.")),
  },
  { fault: "S9.empty", expect: finishes("stop", "response.completed", emptyText) },
  { fault: "S9.reasoning_only", expect: finishes("stop", "response.completed", emptyText) },

  ...[
    "no_role",
    "role_every_chunk",
    "finish_twice",
    "usage_before_finish",
    "usage_every_chunk",
    "tool_no_index",
    "tool_whole",
    "id_empty",
    "name_split",
    "empty_choices_first",
    "no_done",
  ].map((id): Row => ({ fault: `S11.${id}`, expect: wholeWithUsage, tools: true, only: CHAT_ROUTES })),
];

// Only with tools does the fault show itself.
const NEEDS_TOOLS = new Set(["S6.args_done_only", "S6.padded_args", "S6.interleaved_calls", "S6.ciphertext_args", "S11.tool_no_index", "S11.tool_whole", "S11.name_split"]);
// The relay offers none of these codings, so the upstream does not use them.
const WHEN_ACCEPTED: Record<string, string> = { "S3.gzip": "gzip", "S3.br": "br", "S3.zstd": "zstd" };

function struck(fault: string, seen: RecordedRequest): void {
  const coding = WHEN_ACCEPTED[fault];
  if (coding !== undefined && !(headerOf(seen, "accept-encoding") ?? "").includes(coding)) return;
  assert.equal(seen.fault_applied, true, "the emulator did not apply it");
}

for (const route of ROUTES) {
  describe(`stream faults of ${route.name}`, () => {
    const forms: Form[] = route.dialect === "responses" ? ["chat stream", "chat whole", "responses stream"] : ["chat stream", "chat whole"];
    for (const row of TABLE.filter((one) => one.only?.includes(route) ?? true)) {
      const parameters = row.parameters ?? {};
      const detail = typeof parameters["after"] === "string" ? ` after ${parameters["after"]}` : "";
      const prompts = NEEDS_TOOLS.has(row.fault) ? [true] : row.tools === true ? [false, true] : [false];
      for (const form of forms) {
        // ChatGPT's events go to a Responses client as they are; ids that rotate are Copilot's own deviation.
        if (row.fault === "S6.rotating_ids" && route === CODEX && form === "responses stream") continue;
        test(`${row.fault}${detail}, ${form}`, async () => {
          for (const tools of prompts) {
            const given = await run(server, route, form, row.fault, parameters, tools);
            struck(row.fault, given.seen);
            row.expect(given, form, route);
          }
        });
      }
    }
  });
}

test("the table holds every stream fault of the catalogue", async () => {
  const elsewhere = ["S1.stall", "S12.flood"]; // below
  const known = (await emulator.faults()).map((fault) => fault.id).filter((id) => /^S\d/.test(id));
  const tested = new Set([...TABLE.map((row) => row.fault), ...elsewhere]);
  assert.deepEqual(known.filter((id) => !tested.has(id)), []);
});

for (const route of ROUTES) {
  describe(`silence of ${route.name}`, () => {
    test("beats while the head is late, then a whole answer", async () => {
      const given = await run(impatient, route, "chat stream", "S1.slow_headers", { ms: 600 });
      whole(given);
      assert.ok(given.outcome.comments >= 3, `${given.outcome.comments} beats`);
    });

    test("beats while the first event is late, then a whole answer", async () => {
      const given = await run(impatient, route, "chat stream", "S1.slow_first_event", { ms: 600 });
      whole(given);
      assert.ok(given.outcome.comments >= 3, `${given.outcome.comments} beats`);
    });

    test("a head that never comes is beats, then an in-band error", async () => {
      const given = await run(impatient, route, "chat stream", "S1.slow_headers", { ms: 3000 });
      failed(given);
      assert.equal(given.outcome.error?.["code"], "upstream_timeout");
      assert.ok(given.outcome.comments >= 3, `${given.outcome.comments} beats`);
    });

    test("a head that never comes is 504 to a client that does not stream", async () => {
      const { outcome } = await run(impatient, route, "chat whole", "S1.slow_headers", { ms: 3000 });
      assert.equal(outcome.status, 504);
      assert.equal(outcome.error?.["code"], "upstream_timeout");
    });

    test("a stall after text is beats, then an error after a prefix", async () => {
      const given = await run(impatient, route, "chat stream", "S1.stall");
      failed(given);
      assert.ok(given.outcome.text.length > 0 && given.outcome.comments >= 3, `${given.outcome.comments} beats`);
      await emulator.waitForRequest((seen) => seen.method === "POST" && seen.disconnected_at !== null, { upstream: route.upstream });
    });

    test("a stall before any text is beats, then an in-band error", async () => {
      const given = await run(impatient, route, "chat stream", "S1.stall", { deltas: 0 });
      failed(given);
      assert.ok(given.outcome.comments >= 3, `${given.outcome.comments} beats`);
    });

    test("a stall is 504 to a client that does not stream", async () => {
      const { outcome } = await run(impatient, route, "chat whole", "S1.stall");
      assert.equal(outcome.status, 504);
    });

    test("a refusal that comes after beats is an in-band error", async () => {
      await emulator.clearRequests();
      await emulator.script({ fault: "S7.overloaded", upstream: route.upstream, path: route.path, parameters: { after: "created" } });
      const outcome = await outcomeOf(impatient, route, "chat stream", `[pace 400ms] ${TEXT_PROMPT}`);
      assert.equal(outcome.error?.["code"], "server_is_overloaded");
      assert.equal(outcome.text, "");
      assert.ok(outcome.comments >= 2, `${outcome.comments} beats`);
      assert.equal((await callsTo(route)).length, 1);
    });
  });
}

test("a head that never comes ends a Responses stream in-band too", async () => {
  failed(await run(impatient, CODEX, "responses stream", "S1.slow_headers", { ms: 3000 }));
});

test("beats in a Responses stream too", async () => {
  const given = await run(impatient, CODEX, "responses stream", "S1.slow_headers", { ms: 600 });
  whole(given);
  assert.ok(given.outcome.comments >= 3, `${given.outcome.comments} beats`);
});

test("a whole answer has no beats in it", async () => {
  const given = await run(impatient, CODEX, "chat whole", "S1.slow_first_event", { ms: 600 });
  whole(given);
});

// Milliseconds from the client's leaving until the upstream saw it.
const SLACK_MS = 500;
async function timeToUpstream(route: Route, leftAt: number): Promise<number> {
  const seen = await emulator.waitForRequest((one) => one.method === "POST" && one.disconnected_at !== null, { upstream: route.upstream });
  return (seen.disconnected_at ?? 0) - leftAt;
}

for (const route of ROUTES) {
  describe(`a client of ${route.name} that leaves`, () => {
    async function leave(form: Form, prompt: string, afterText: boolean, fault?: string): Promise<number> {
      await emulator.clearRequests();
      if (fault !== undefined) await emulator.script({ fault, upstream: route.upstream, path: route.path, parameters: { ms: 10_000 } });
      const controller = new AbortController();
      const asked = ask(server, route, form, prompt, false, controller.signal);
      if (afterText) {
        const reader = (await asked).body?.getReader();
        await reader?.read();
      } else {
        asked.catch(() => undefined);
        await emulator.waitForRequest((seen) => seen.method === "POST", { upstream: route.upstream });
        await sleep(30);
      }
      const leftAt = Date.now();
      controller.abort();
      const took = await timeToUpstream(route, leftAt);
      assert.equal((await callsTo(route)).length, 1);
      return took;
    }

    for (const [name, go] of [
      ["before the head", () => leave("chat stream", TEXT_PROMPT, false, "S1.slow_headers")],
      ["before the first event", () => leave("chat stream", TEXT_PROMPT, false, "S1.slow_first_event")],
      ["in mid-stream", () => leave("chat stream", `[pace 50ms] ${TEXT_PROMPT}`, true)],
      ["in a stall", () => leave("chat stream", TEXT_PROMPT, true, "S1.stall")],
      ["without streaming", () => leave("chat whole", `[pace 50ms] ${TEXT_PROMPT}`, false)],
    ] as const) {
      test(name, async (context) => {
        const took = await go();
        context.diagnostic(`${took} ms`);
        assert.ok(took <= SLACK_MS, `the upstream saw it after ${took} ms`);
      });
    }
  });
}

function residentBytes(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(line?.[1]) * 1024;
}

function rawChat(place: Valetkey, route: Route): Socket {
  const body = JSON.stringify({ model: route.model, stream: true, messages: [{ role: "user", content: TEXT_PROMPT }] });
  const socket = connect(Number(new URL(place.url).port), "127.0.0.1");
  socket.pause();
  socket.on("error", () => undefined);
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: relay\r\nAuthorization: Bearer ${passes.get(place.url + route.provider) ?? ""}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  return socket;
}

for (const route of [CODEX, XAI]) {
  describe(`S12.flood of ${route.name}`, () => {
    test("a client that takes it gets all of it", async () => {
      const { outcome, clean, seen } = await run(server, route, "chat stream", "S12.flood", { bytes: 4 << 20 });
      assert.equal(seen.fault_applied, true);
      assert.equal(outcome.error, undefined, JSON.stringify(outcome.error));
      const flood = /f{900,}/.exec(outcome.text)?.[0].length ?? 0;
      assert.ok(flood > 2 << 20, `${flood} bytes of it`);
      assert.equal(outcome.text.replace(/f{900,}/, ""), clean.text);
    });

    test("a client that does not read slows the upstream down, and its leaving is seen", async () => {
      const pid = server.child.pid ?? 0;
      await emulator.clearRequests();
      await emulator.script({ fault: "S12.flood", upstream: route.upstream, path: route.path });
      const before = residentBytes(pid);
      const socket = rawChat(server, route);
      await sleep(1000);
      const grown = residentBytes(pid) - before;
      const [call] = await callsTo(route);
      assert.ok(call !== undefined && call.ended_at === null, "the upstream is done already");
      assert.ok(call.bytes_out < 64 << 20, `${call.bytes_out} bytes were taken`);
      assert.ok(grown < 32 << 20, `the relay grew by ${grown} bytes`);
      const leftAt = Date.now();
      socket.resetAndDestroy();
      const took = await timeToUpstream(route, leftAt);
      assert.ok(took <= SLACK_MS, `the upstream saw it after ${took} ms`);
    });
  });
}
