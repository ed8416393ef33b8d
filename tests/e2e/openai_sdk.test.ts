// The vendor's official SDK, unmodified, against the real server: two constructor fields are all that differs.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import OpenAI, { APIUserAbortError, AuthenticationError, BadRequestError } from "openai";
import { Emulator } from "../integration/support/emulator.ts";
import { MODELS, signIn, type Provider } from "../integration/support/sign_in.ts";
import { Valetkey } from "../integration/support/valetkey.ts";


let emulator: Emulator;
let server: Valetkey;
const passes = new Map<Provider, string>();

before(async () => {
  emulator = await Emulator.start();
  server = await Valetkey.start({ emulatorUrl: emulator.origin });
  for (const provider of ["openai", "xai", "github"] as const) {
    passes.set(provider, await signIn(server.url, emulator.origin, provider));
  }
});

after(async () => {
  await server.stop();
  await emulator.stop();
});

function clientOf(provider: Provider, options: { maxRetries?: number; apiKey?: string } = {}): OpenAI {
  return new OpenAI({
    apiKey: options.apiKey ?? passes.get(provider) ?? "",
    baseURL: `${server.url}/v1`,
    maxRetries: options.maxRetries ?? 0,
  });
}

const WEATHER_TOOL = {
  type: "function",
  function: {
    name: "get_weather",
    description: "The weather in a city",
    parameters: {
      type: "object",
      properties: { city: { type: "string" }, unit: { type: "string", enum: ["celsius", "fahrenheit"] } },
      required: ["city", "unit"],
      additionalProperties: false,
    },
  },
} as const;

const CLOCK_TOOL = {
  type: "function",
  function: {
    name: "get_time",
    description: "The time in a city",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false },
  },
} as const;

for (const provider of ["openai", "xai", "github"] as const) {
  describe(`chat completions through ${provider}`, () => {
    const model = MODELS[provider];

    test("a streamed answer arrives in pieces with one finish reason, and usage when asked for", async () => {
      const stream = await clientOf(provider).chat.completions.create({
        model,
        messages: [{ role: "user", content: "Say something about valet keys" }],
        stream: true,
        stream_options: { include_usage: true },
      });
      let text = "";
      const ids = new Set<string>();
      const finishes: string[] = [];
      let usage: OpenAI.CompletionUsage | undefined;
      let pieces = 0;
      for await (const chunk of stream) {
        ids.add(chunk.id);
        const choice = chunk.choices[0];
        if (choice?.delta.content) {
          text += choice.delta.content;
          pieces++;
        }
        if (choice?.finish_reason) finishes.push(choice.finish_reason);
        if (chunk.usage) usage = chunk.usage;
      }
      assert.match(text, /valet keys/i);
      assert.ok(pieces > 1, `only ${pieces} pieces`);
      assert.equal(ids.size, 1);
      assert.deepEqual(finishes, ["stop"]);
      assert.ok(usage !== undefined && usage.total_tokens === usage.prompt_tokens + usage.completion_tokens);
    });

    test("a whole answer has text, finish reason and usage", async () => {
      const answer = await clientOf(provider).chat.completions.create({
        model,
        messages: [
          { role: "system", content: "Be brief." },
          { role: "user", content: "Name a colour, please" },
        ],
      });
      assert.equal(answer.object, "chat.completion");
      assert.match(answer.choices[0]?.message.content ?? "", /colour/i);
      assert.equal(answer.choices[0]?.finish_reason, "stop");
      assert.ok((answer.usage?.total_tokens ?? 0) > 0);
    });

    test("a tool is called, its result is read, and the loop ends in an answer", async () => {
      const client = clientOf(provider);
      const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: "Use get_weather for Paris" }];
      const first = await client.chat.completions.create({ model, messages, tools: [WEATHER_TOOL] });
      const message = first.choices[0]?.message;
      assert.equal(first.choices[0]?.finish_reason, "tool_calls");
      assert.equal(message?.content, null);
      const call = message?.tool_calls?.[0];
      assert.ok(call !== undefined && call.type === "function");
      const input = JSON.parse(call.function.arguments) as { city: string; unit: string };
      assert.ok(["celsius", "fahrenheit"].includes(input.unit));
      messages.push(message as OpenAI.ChatCompletionMessageParam, { role: "tool", tool_call_id: call.id, content: "21 degrees and sunny" });
      const second = await client.chat.completions.create({ model, messages, tools: [WEATHER_TOOL] });
      assert.equal(second.choices[0]?.finish_reason, "stop");
      assert.match(second.choices[0]?.message.content ?? "", /21 degrees/);
    });

    test("parallel tool calls stream with their own indexes and whole arguments", async () => {
      const runner = clientOf(provider).chat.completions.stream({
        model,
        messages: [{ role: "user", content: "Use get_weather and get_time for Oslo" }],
        tools: [WEATHER_TOOL, CLOCK_TOOL],
      });
      const final = await runner.finalChatCompletion();
      const calls = final.choices[0]?.message.tool_calls ?? [];
      assert.deepEqual(calls.map((call) => (call.type === "function" ? call.function.name : "")).sort(), ["get_time", "get_weather"]);
      for (const call of calls) assert.doesNotThrow(() => JSON.parse(call.type === "function" ? call.function.arguments : "x"));
      assert.equal(new Set(calls.map((call) => call.id)).size, 2);
    });

    test("an image reaches the model", async () => {
      const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
      const answer = await clientOf(provider).chat.completions.create({
        model,
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "What is in this picture?" },
              { type: "image_url", image_url: { url: `data:image/png;base64,${pixel}` } },
            ],
          },
        ],
      });
      assert.match(answer.choices[0]?.message.content ?? "", /image/i);
    });

    test("a JSON schema is kept, through the SDK's own parse helper", async () => {
      const parsed = await clientOf(provider).chat.completions.parse({
        model,
        messages: [{ role: "user", content: "Describe a person" }],
        response_format: {
          type: "json_schema",
          json_schema: {
            name: "person",
            strict: true,
            schema: {
              type: "object",
              properties: { name: { type: "string" }, age: { type: "integer" } },
              required: ["name", "age"],
              additionalProperties: false,
            },
          },
        },
      });
      const person = JSON.parse(parsed.choices[0]?.message.content ?? "") as { name: unknown; age: unknown };
      assert.equal(typeof person.name, "string");
      assert.ok(Number.isInteger(person.age));
    });

    test("models.list and models.retrieve agree", async () => {
      const client = clientOf(provider);
      const models = [];
      for await (const entry of client.models.list()) models.push(entry);
      assert.ok(models.some((entry) => entry.id === model), models.map((entry) => entry.id).join());
      const one = await client.models.retrieve(model);
      assert.equal(one.id, model);
      assert.ok(one.created > 0 && one.owned_by.length > 0);
      await assert.rejects(client.models.retrieve("no-such-model"), { status: 404, code: "model_not_found" });
    });
  });

  describe(`responses through ${provider}`, () => {
    const model = MODELS[provider];

    test("responses.create answers as one object", async () => {
      const answer = await clientOf(provider).responses.create({ model, input: "Say something about doors" });
      assert.equal(answer.status, "completed");
      assert.match(answer.output_text, /doors/i);
      assert.ok((answer.usage?.total_tokens ?? 0) > 0);
    });

    test("responses.create streams events that the SDK's accumulator accepts", async () => {
      const stream = clientOf(provider).responses.stream({ model, input: "Say something about gates" });
      let deltas = "";
      stream.on("response.output_text.delta", (event) => (deltas += event.delta));
      const final = await stream.finalResponse();
      assert.match(deltas, /gates/i);
      assert.equal(final.output_text, deltas);
    });
  });
}

describe("errors and ends", () => {
  test("a bad pass is an AuthenticationError, a bad body a BadRequestError", async () => {
    await assert.rejects(clientOf("openai", { apiKey: "nonsense" }).models.list(), AuthenticationError);
    const noMessages = clientOf("openai").chat.completions.create({ model: "gpt-5.5" } as never);
    await assert.rejects(noMessages, BadRequestError);
    const twice = clientOf("openai").chat.completions.create({ model: "gpt-5.5", n: 2, messages: [{ role: "user", content: "x" }] });
    await assert.rejects(twice, (error: unknown) => error instanceof BadRequestError && error.param === "n");
  });

  test("aborting in mid-stream reaches the upstream", async () => {
    const controller = new AbortController();
    const since = Date.now();
    const stream = await clientOf("openai").chat.completions.create(
      { model: "gpt-5.5", messages: [{ role: "user", content: "[pace 50ms] a long story about streams that are left" }], stream: true },
      { signal: controller.signal },
    );
    await assert.rejects(async () => {
      for await (const _ of stream) controller.abort();
      throw new APIUserAbortError();
    }, APIUserAbortError);
    const record = await emulator.waitForRequest((seen) => seen.started_at >= since && seen.disconnected_at !== null, { upstream: "chatgpt" });
    assert.equal(record.fault, undefined);
  });

  test("200 streams at once, every one whole", async () => {
    const client = clientOf("openai");
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, number) => {
        const stream = await client.chat.completions.create({
          model: "gpt-5.5",
          messages: [{ role: "user", content: `Say number ${number} back` }],
          stream: true,
        });
        let text = "";
        for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
        return text;
      }),
    );
    answers.forEach((text, number) => assert.match(text, new RegExp(`number ${number} `)));
  });
});
