// A client of the relay that trusts nothing: its own small SSE decoder, and the invariants an answer has to keep
// (docs/emulator.md lists the faults; the rules are those the vendors' SDKs decode by).
import assert from "node:assert/strict";

export type Members = Record<string, unknown>;
export type Call = { id: string; name: string; input: unknown };

// How an answer ended, whatever its dialect.
export type Outcome = {
  status: number;
  headers: Headers;
  comments: number;
  text: string;
  refusal: string;
  reasoning: string;
  calls: Call[];
  finish: string | undefined; // of the one finishing chunk or terminal event
  usage: Members | undefined;
  error: Members | undefined; // the envelope's or the in-band error
};

export type SseFrame = { name: string; data: string };

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function members(value: unknown, what = "value"): Members {
  if (!isMembers(value)) assert.fail(`${what} is no object: ${JSON.stringify(value)}`);
  return value;
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

// The relay's own framing is of one kind only: LF, whole frames, UTF-8. The end must be an orderly one.
export async function readFrames(response: Response): Promise<{ frames: SseFrame[]; comments: number }> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  for await (const bytes of response.body ?? []) text += decoder.decode(bytes as Uint8Array, { stream: true });
  text += decoder.decode();
  assert.ok(text.endsWith("\n\n"), `the stream ends within a frame: ${JSON.stringify(text.slice(-80))}`);
  const frames: SseFrame[] = [];
  let comments = 0;
  for (const block of text.slice(0, -2).split("\n\n")) {
    const frame: SseFrame = { name: "", data: "" };
    let isComment = false;
    for (const line of block.split("\n")) {
      if (line.startsWith(":")) isComment = true;
      else if (line.startsWith("event: ")) frame.name = line.slice(7);
      else if (line.startsWith("data: ")) frame.data += line.slice(6);
      else assert.fail(`a line of no kind: ${JSON.stringify(line.slice(0, 120))}`);
    }
    if (isComment) comments++;
    else frames.push(frame);
  }
  return { frames, comments };
}

export function checkError(error: Members): void {
  assert.ok(textOf(error["message"]).length > 0, "an error without message");
  assert.ok(!/<html|<!doctype/i.test(textOf(error["message"])), `HTML in an error: ${textOf(error["message"])}`);
  assert.equal(typeof error["type"], "string");
  for (const name of ["param", "code"]) assert.ok(error[name] === null || typeof error[name] === "string", `${name} of ${JSON.stringify(error)}`);
}

function nothing(response: Response): Outcome {
  return {
    status: response.status,
    headers: response.headers,
    comments: 0,
    text: "",
    refusal: "",
    reasoning: "",
    calls: [],
    finish: undefined,
    usage: undefined,
    error: undefined,
  };
}

// An answer that is not 200: the envelope, with all four keys, under a true status.
export async function readRefusal(response: Response): Promise<Outcome> {
  const out = nothing(response);
  const body = await response.text();
  assert.ok(response.status >= 400 && response.status <= 599, `status ${response.status}: ${body}`);
  assert.match(response.headers.get("content-type") ?? "", /^application\/json/);
  out.error = members(members(JSON.parse(body))["error"], "error");
  assert.deepEqual(Object.keys(out.error).sort(), ["code", "message", "param", "type"]);
  checkError(out.error);
  return out;
}

function callOf(id: unknown, name: unknown, input: unknown): Call {
  assert.ok(textOf(id) !== "" && textOf(name) !== "", `a call without id or name: ${JSON.stringify({ id, name })}`);
  return { id: textOf(id), name: textOf(name), input: JSON.parse(textOf(input)) };
}

type PartialCall = { id: string; name: string; input: string };

function takeToolDelta(calls: PartialCall[], delta: Members): void {
  const index = delta["index"];
  assert.ok(typeof index === "number" && index <= calls.length, `tool index ${String(index)} after ${calls.length} calls`);
  const described = isMembers(delta["function"]) ? delta["function"] : {};
  const known = calls[index];
  if (known === undefined) {
    calls.push({ id: textOf(delta["id"]), name: textOf(described["name"]), input: textOf(described["arguments"]) });
    return;
  }
  assert.ok(delta["id"] === undefined && described["name"] === undefined, "a tool's id or name comes twice");
  known.input += textOf(described["arguments"]);
}

// Chat completions, streamed.
export async function readChatStream(response: Response): Promise<Outcome> {
  if (response.status !== 200) return await readRefusal(response);
  assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
  const out = nothing(response);
  const { frames, comments } = await readFrames(response);
  out.comments = comments;
  const calls: PartialCall[] = [];
  const identities = new Set<string>();
  let done = false;
  let roles = 0;
  for (const frame of frames) {
    assert.ok(!done, "something follows [DONE]");
    assert.equal(out.error, undefined, "something follows the error");
    if (frame.data === "[DONE]") {
      done = true;
      continue;
    }
    const chunk = members(JSON.parse(frame.data), "chunk");
    if (chunk["error"] !== undefined && chunk["error"] !== null) {
      out.error = members(chunk["error"], "error");
      checkError(out.error);
      continue;
    }
    assert.equal(frame.name, "", "a chat chunk with an event line");
    assert.equal(chunk["object"], "chat.completion.chunk");
    identities.add(JSON.stringify([chunk["id"], chunk["created"], chunk["model"]]));
    assert.ok(textOf(chunk["id"]) !== "", "a chunk without id");
    if (isMembers(chunk["usage"])) {
      assert.equal(out.usage, undefined, "usage twice");
      assert.deepEqual(chunk["choices"], []);
      out.usage = chunk["usage"];
    }
    for (const entry of list(chunk["choices"])) {
      const choice = members(entry);
      assert.equal(choice["index"], 0);
      assert.equal(out.finish, undefined, "a choice after the finishing chunk");
      const delta = members(choice["delta"], "delta");
      if (delta["role"] !== undefined) {
        assert.equal(delta["role"], "assistant");
        roles++;
      }
      out.text += textOf(delta["content"]);
      out.refusal += textOf(delta["refusal"]);
      out.reasoning += textOf(delta["reasoning_content"]);
      for (const piece of list(delta["tool_calls"])) takeToolDelta(calls, members(piece));
      if (choice["finish_reason"] !== null) out.finish = textOf(choice["finish_reason"]);
    }
  }
  assert.ok(identities.size <= 1, `ids differ: ${[...identities].join(" ")}`);
  assert.ok(done || out.error !== undefined, "a silent end");
  assert.equal(done, out.error === undefined, "[DONE] exactly when it succeeded");
  if (out.error === undefined) {
    assert.ok(out.finish !== undefined, "no finishing chunk");
    assert.equal(roles, 1, "one role");
    out.calls = calls.map((call) => callOf(call.id, call.name, call.input));
  }
  return out;
}

// Chat completions, whole.
export async function readChat(response: Response): Promise<Outcome> {
  if (response.status !== 200) return await readRefusal(response);
  const out = nothing(response);
  const body = members(await response.json());
  assert.equal(body["object"], "chat.completion");
  assert.ok(textOf(body["id"]) !== "" && !("error" in body));
  assert.equal(list(body["choices"]).length, 1);
  const choice = members(list(body["choices"])[0]);
  const message = members(choice["message"]);
  assert.ok("content" in message && message["role"] === "assistant");
  out.text = textOf(message["content"]);
  out.refusal = textOf(message["refusal"]);
  out.reasoning = textOf(message["reasoning_content"]);
  out.finish = textOf(choice["finish_reason"]);
  out.usage = isMembers(body["usage"]) ? body["usage"] : undefined;
  for (const entry of list(message["tool_calls"])) {
    const call = members(entry);
    const described = members(call["function"]);
    out.calls.push(callOf(call["id"], described["name"], described["arguments"]));
  }
  return out;
}

// Without what stands for unreadable bytes: a fault may put them into deltas and not into whole items.
const readable = (text: string): string => text.replace(/\uFFFD+(\(\uFFFD+)?|\0/g, "");

const TERMINALS = ["response.completed", "response.incomplete", "response.failed", "error"];

function takeItems(out: Outcome, response: Members): string {
  let text = "";
  for (const entry of list(response["output"])) {
    const item = members(entry);
    if (item["type"] === "function_call") out.calls.push(callOf(item["call_id"], item["name"], item["arguments"]));
    for (const part of list(item["content"])) if (item["type"] === "message") text += textOf(members(part)["text"]);
  }
  return text;
}

// The Responses API, streamed: deltas, whole items and the terminal event have to agree.
export async function readResponsesStream(response: Response): Promise<Outcome> {
  if (response.status !== 200) return await readRefusal(response);
  const out = nothing(response);
  const { frames, comments } = await readFrames(response);
  out.comments = comments;
  const ids = new Set<string>();
  let itemText = "";
  let doneItems = 0;
  for (const frame of frames) {
    assert.equal(out.finish, undefined, `${frame.name} follows the terminal event`);
    const event = members(JSON.parse(frame.data), "event");
    const type = textOf(event["type"]);
    if (frame.name !== "") assert.equal(type, frame.name, "event line and type differ");
    // The emulator's failures have an id of their own.
    if (isMembers(event["response"]) && type !== "response.failed") ids.add(textOf(event["response"]["id"]));
    if (type === "response.output_text.delta") out.text += textOf(event["delta"]);
    if (type === "response.refusal.delta") out.refusal += textOf(event["delta"]);
    if (type.startsWith("response.reasoning") && type.endsWith(".delta")) out.reasoning += textOf(event["delta"]);
    if (type === "response.output_item.done") {
      doneItems++;
      const item = members(event["item"]);
      for (const part of list(item["content"])) if (item["type"] === "message") itemText += textOf(members(part)["text"]);
    }
    if (!TERMINALS.includes(type)) continue;
    out.finish = type;
    if (type === "error") {
      out.error = isMembers(event["error"]) ? event["error"] : event;
    } else {
      const whole = members(event["response"]);
      if (type === "response.failed") out.error = members(whole["error"], "response.error");
      else if (takeItems(out, whole) !== readable(out.text)) assert.equal(itemText, readable(out.text), "the terminal event's text differs from the deltas");
      out.usage = isMembers(whole["usage"]) ? whole["usage"] : undefined;
    }
  }
  assert.ok(out.finish !== undefined, "a silent end");
  assert.ok(ids.size <= 1, `response ids differ: ${[...ids].join(" ")}`);
  if (out.error !== undefined) assert.ok(textOf(out.error["message"]).length > 0);
  else assert.ok(doneItems > 0 || out.text === "", "no item was done");
  return out;
}
