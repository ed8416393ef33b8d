// Ten thousand slow streams at once: none is dropped, none starves, and each costs little.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { after, before, test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { mostStreams } from "../../bench/processes.ts";
import { Emulator } from "../integration/support/emulator.ts";
import { signIn } from "../integration/support/sign_in.ts";
import { Valetkey } from "../integration/support/valetkey.ts";

const PRESET = process.env["VALETKEY_PRESET"] ?? "";
const SANITIZED = PRESET === "asan" || PRESET === "tsan";
const PACE_MS = 1000;
const BYTES_PER_STREAM = 16 * 1024;
const SLACK = 1.25; // the sampling, and what a thread keeps whatever the number of streams
const OPENING_PER_SECOND = 2000;
const OPENING_AT_ONCE = 3500; // sent and not answered yet: an answer begins with its first event, after one or two paces

const STREAMS = SANITIZED ? 1000 : 10_000;
// A server holds two sockets for each stream. Where the machine does not let a process have so many, a second server on
// the same store takes the rest.
const ON_FIRST = mostStreams(STREAMS);

let emulator: Emulator;
let server: Valetkey;
let second: Valetkey | undefined;
let pass: string;

before(async () => {
  emulator = await Emulator.start({ arguments: ["--no-record"] });
  server = await Valetkey.start({ emulatorUrl: emulator.origin, env: { VALETKEY_SERVER_WORKERS: "0", VALETKEY_LOG_ACCESS: "false" } });
  if (ON_FIRST < STREAMS) {
    const { directory, secrets } = server;
    second = await Valetkey.start({ emulatorUrl: emulator.origin, directory, secrets, env: { VALETKEY_LOG_ACCESS: "false" } });
  }
  pass = await signIn(server.url, emulator.origin, "openai");
});
after(async () => {
  await second?.stop();
  await server.stop();
  await emulator.stop();
});

function residentBytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib ?? 0) * 1024;
}

function requestBytes(paceMs: number): Buffer {
  const text = `[pace ${String(paceMs).padStart(4, "0")}ms] hi`; // answers of one length, whatever the pace
  const body = JSON.stringify({ model: "gpt-5.5", stream: true, messages: [{ role: "user", content: text }] });
  return Buffer.from(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${pass}\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

const MARK = Buffer.from("data: ");
const DONE = Buffer.from("data: [DONE]\n\n");
const HEAD_OK = Buffer.from("HTTP/1.1 200 ");
const END = Buffer.from("0\r\n\r\n");

type Crowd = {
  open: number; // sent, and not at the end
  peakOpen: number;
  waiting: number; // of these, without an answer
  complete: number;
  dropped: number;
  problems: string[];
  events: Map<number, number>; // events of a stream -> streams
  longestGapMs: number;
  longestFirstMs: number;
};

class Stream {
  readonly ended: Promise<void>;
  private events = 0;
  private last = 0;
  private done = false;
  private finished = false;
  private started = false;
  private tail: Buffer = Buffer.alloc(0);
  private readonly crowd: Crowd;

  constructor(port: number, request: Buffer, crowd: Crowd) {
    this.crowd = crowd;
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    crowd.waiting++;
    crowd.open++;
    crowd.peakOpen = Math.max(crowd.peakOpen, crowd.open);
    socket.on("connect", () => {
      this.last = Date.now();
      socket.write(request);
    });
    socket.on("data", (bytes: Buffer) => this.take(bytes, socket));
    socket.on("error", (failure) => this.complain(failure.message));
    this.ended = new Promise((resolve) => {
      socket.on("close", () => {
        if (!this.started) crowd.waiting--;
        crowd.open--;
        if (this.finished) crowd.complete++;
        else crowd.dropped++;
        crowd.events.set(this.events, (crowd.events.get(this.events) ?? 0) + 1);
        resolve();
      });
    });
  }

  private complain(text: string): void {
    if (this.crowd.problems.length < 10) this.crowd.problems.push(text);
  }

  private take(bytes: Buffer, socket: Socket): void {
    const crowd = this.crowd;
    const now = Date.now();
    if (!this.started) {
      this.started = true;
      crowd.waiting--;
      crowd.longestFirstMs = Math.max(crowd.longestFirstMs, now - this.last);
      if (!bytes.subarray(0, HEAD_OK.length).equals(HEAD_OK)) this.complain(bytes.toString("latin1").slice(0, 400));
    } else {
      crowd.longestGapMs = Math.max(crowd.longestGapMs, now - this.last);
    }
    this.last = now;
    // A mark that began in the tail ends in the new bytes: the tail alone is too short to hold one.
    const text = Buffer.concat([this.tail, bytes]);
    for (let at = text.indexOf(MARK); at >= 0; at = text.indexOf(MARK, at + MARK.length)) this.events++;
    if (text.includes(DONE)) this.done = true;
    if (text.subarray(-END.length).equals(END)) {
      this.finished = this.done;
      if (!this.done) this.complain("the answer ends without [DONE]");
      socket.destroy();
      return;
    }
    this.tail = Buffer.from(text.subarray(-(MARK.length - 1)));
  }
}

const crowdOf = (): Crowd => ({
  open: 0, peakOpen: 0, waiting: 0, complete: 0, dropped: 0, problems: [], events: new Map(), longestGapMs: 0, longestFirstMs: 0,
});

async function hold(count: number, paceMs: number, sample: () => void): Promise<{ crowd: Crowd; openingMs: number; peakLive: number }> {
  const port = (at: Valetkey): number => Number(new URL(at.url).port);
  const request = requestBytes(paceMs);
  const crowd = crowdOf();
  const sampler = setInterval(sample, 250);
  const began = Date.now();
  const ends: Promise<void>[] = [];
  for (let i = 0; i < count; i++) {
    while (crowd.waiting >= OPENING_AT_ONCE) await sleep(5);
    ends.push(new Stream(port(i < ON_FIRST ? server : (second ?? server)), request, crowd).ended);
    const ahead = (i / OPENING_PER_SECOND) * 1000 - (Date.now() - began);
    if (ahead > 5) await sleep(ahead);
  }
  const openingMs = Date.now() - began;
  while (crowd.waiting > 0) await sleep(5);
  const peakLive = crowd.open; // all are answered: these stream at this moment
  sample();
  await Promise.all(ends);
  clearInterval(sampler);
  return { crowd, openingMs, peakLive };
}

let perStream = 0;

test(`${STREAMS} streams at once, one event a second each: none dropped, none starved`, { timeout: 180_000 }, async (t: TestContext) => {
  const reference = await hold(1, 5, () => undefined);
  assert.deepEqual(reference.crowd.problems, []);
  const expected = [...reference.crowd.events.keys()][0] ?? 0;
  assert.ok(expected >= 10, `a stream has only ${expected} events`);

  const pid = server.child.pid ?? 0;
  const idle = residentBytes(pid);
  let peak = idle;
  const began = Date.now();
  const { crowd, openingMs, peakLive } = await hold(STREAMS, PACE_MS, () => (peak = Math.max(peak, residentBytes(pid))));
  perStream = (peak - idle) / ON_FIRST;

  t.diagnostic(`${STREAMS} streams of ${expected} events (${ON_FIRST} of them on the first server), opened in ${openingMs} ms, over after ${Date.now() - began} ms; ${peakLive} streamed at one moment`);
  t.diagnostic(`longest wait for an answer ${crowd.longestFirstMs} ms, longest gap ${crowd.longestGapMs} ms`);
  t.diagnostic(`resident: idle ${(idle / 1024).toFixed(0)} KiB, peak ${(peak / 1024).toFixed(0)} KiB, ${(perStream / 1024).toFixed(2)} KiB a stream`);

  assert.deepEqual(crowd.problems, []);
  assert.equal(crowd.dropped, 0);
  assert.equal(crowd.complete, STREAMS);
  assert.deepEqual([...crowd.events], [[expected, STREAMS]], "events of a stream -> streams");
  assert.equal(peakLive, STREAMS, "all at the same time");
  assert.ok(crowd.longestGapMs <= 10 * PACE_MS, `a stream was silent for ${crowd.longestGapMs} ms`);
  assert.ok(crowd.longestFirstMs <= 10 * PACE_MS, `an answer came after ${crowd.longestFirstMs} ms`);
});

test(`a paced stream costs at most ${BYTES_PER_STREAM / 1024} KiB, times ${SLACK}`, { skip: SANITIZED && "a sanitizer's memory" }, () => {
  assert.ok(perStream > 0, "nothing was measured");
  assert.ok(perStream <= BYTES_PER_STREAM * SLACK, `${perStream.toFixed(0)} bytes a stream`);
});

test("after the crowd the server still answers", async () => {
  const { crowd } = await hold(50, 5, () => undefined);
  assert.deepEqual([crowd.complete, crowd.dropped, crowd.problems], [50, 0, []]);
  assert.equal(server.child.exitCode, null);
});
