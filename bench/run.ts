// ./dev bench: everything in one run on two cores, ratios beside the raw figures. `--seconds N` and `--rounds N` shorten
// or lengthen it; raw data goes to docs/benchmarks.json, the tables to docs/benchmarks.md.
import { rmSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { measureAll, median, type Cell, type Subject } from "./measure.ts";
import { holdStreams, timesToFirstDelta, type Held } from "./paced.ts";
import { startHaproxy, startNginx, startPortkey, type Peer } from "./peers.ts";
import { cpuMicros, LOAD_CORE, mostStreams, pinSelf, PROXY_CORE, residentBytes, stop, stopAll } from "./processes.ts";
import { report, type Figures } from "./report.ts";
import { environment, makeSetting, origin, startEmulator, startValetkey, type Server } from "./servers.ts";
import { seed } from "./seed.ts";
import { chatBody, codexBody, CODEX_HEADERS, CODEX_PATH, responsesBody } from "./workloads.ts";
import { runWrk, type Load } from "./wrk.ts";

const option = (name: string, fallback: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};
const SECONDS = option("seconds", 4);
const ROUNDS = option("rounds", 5);
const STREAMS = mostStreams(option("streams", 10_000));
const RECORDS = 10_000;

const setting = makeSetting("build/release/valetkey");
const { directory } = setting;

type Running = { emulator: Server; valetkey: Server; idle: number; nginx: Peer; haproxy: Peer; portkey: Peer; passes: string[] };

async function startAll(): Promise<Running> {
  const emulator = await startEmulator();
  const passes = seed(directory, RECORDS, setting.secrets, environment(setting, emulator.port));
  const valetkey = await startValetkey(setting, emulator.port);
  const idle = residentBytes(valetkey.started.pid);
  const [nginx, haproxy, portkey] = [await startNginx(directory, emulator.port), await startHaproxy(directory, emulator.port), await startPortkey()];
  return { emulator, valetkey, idle, nginx, haproxy, portkey, passes };
}

const json = { "content-type": "application/json" };
const load = (over: Partial<Load> & { url: string }): Load => ({ method: "POST", headers: json, connections: 64, seconds: SECONDS, ...over });
const codex = (base: string, over: Partial<Load> = {}): Load => load({ url: base + CODEX_PATH, headers: CODEX_HEADERS, body: codexBody(), ...over });

function chat({ valetkey, passes }: Running, stream: boolean, over: Partial<Load> = {}): Load {
  return load({ url: `${origin(valetkey)}/v1/chat/completions`, body: chatBody(stream), bearers: passes, ...over });
}
function responses({ valetkey, passes }: Running, over: Partial<Load> = {}): Load {
  return load({ url: `${origin(valetkey)}/v1/responses`, body: responsesBody(), bearers: passes, ...over });
}

function saturation(running: Running): Subject[] {
  const { emulator, valetkey, nginx, haproxy, portkey, passes } = running;
  const { pid } = valetkey.started;
  const portkeyHeaders = { ...json, authorization: "Bearer bench", "x-portkey-provider": "openai", "x-portkey-custom-host": `${origin(emulator)}/api.x/v1` };
  return [
    { name: "nginx stream", load: codex(nginx.url), pid: nginx.started.pid },
    { name: "chat stream", load: chat(running, true), pid },
    { name: "chat aggregated", load: chat(running, false), pid },
    { name: "responses stream", load: responses(running), pid },
    { name: "haproxy stream", load: codex(haproxy.url), pid: haproxy.started.pid },
    { name: "nginx static", load: load({ url: `${nginx.url}/static/models.json`, method: "GET" }), pid: nginx.started.pid },
    { name: "models", load: load({ url: `${origin(valetkey)}/v1/models`, method: "GET", bearers: passes }), pid },
    { name: "portkey json", load: load({ url: `${portkey.url}/v1/chat/completions`, headers: portkeyHeaders, body: chatBody(false, 0, "grok-4.5") }), pid: portkey.started.pid },
  ];
}

function oneConnection(running: Running): Subject[] {
  const { emulator, valetkey, nginx, haproxy } = running;
  const one = { connections: 1, seconds: Math.max(3, SECONDS / 2) };
  return [
    // From the other core, as every proxy is reached: the same two wake-ups.
    { name: "direct c1", load: codex(origin(emulator), { ...one, core: PROXY_CORE }), pid: emulator.started.pid },
    { name: "nginx c1", load: codex(nginx.url, one), pid: nginx.started.pid },
    { name: "haproxy c1", load: codex(haproxy.url, one), pid: haproxy.started.pid },
    { name: "chat c1", load: chat(running, true, one), pid: valetkey.started.pid },
    { name: "responses c1", load: responses(running, one), pid: valetkey.started.pid },
  ];
}

async function cpuPerPacedEvent(subject: Subject): Promise<number> {
  const before = cpuMicros(subject.pid);
  const result = await runWrk({ ...subject.load, connections: 512, seconds: Math.max(8, SECONDS) }, directory);
  return (cpuMicros(subject.pid) - before) / (result.requests * 38);
}

async function firstDeltas({ emulator, valetkey, nginx, passes }: Running): Promise<Record<string, number>> {
  const targets = {
    direct: { port: emulator.port, path: CODEX_PATH, headers: CODEX_HEADERS, body: codexBody(10) },
    nginx: { port: Number(new URL(nginx.url).port), path: CODEX_PATH, headers: CODEX_HEADERS, body: codexBody(10) },
    valetkey: { port: valetkey.port, path: "/v1/chat/completions", headers: { ...json, authorization: `Bearer ${passes[0]}` }, body: chatBody(true, 10) },
  };
  const times: Record<string, number[]> = { direct: [], nginx: [], valetkey: [] };
  for (let round = 0; round < 15; round++) {
    for (const [name, target] of Object.entries(targets)) {
      pinSelf(name === "direct" ? PROXY_CORE : LOAD_CORE); // always from the other core, as with one connection
      times[name]?.push(...(await timesToFirstDelta(target, 10)));
    }
  }
  pinSelf(LOAD_CORE);
  return Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list)]));
}

async function pacedEvents(running: Running): Promise<Record<string, number>> {
  const costs: Record<string, number[]> = { nginx: [], valetkey: [] };
  for (let round = 0; round < Math.min(3, ROUNDS); round++) {
    costs["nginx"]?.push(await cpuPerPacedEvent({ name: "nginx", load: codex(running.nginx.url, { body: codexBody(10) }), pid: running.nginx.started.pid }));
    costs["valetkey"]?.push(await cpuPerPacedEvent({ name: "chat", load: chat(running, true, { body: chatBody(true, 10) }), pid: running.valetkey.started.pid }));
  }
  return { nginx: median(costs["nginx"] ?? []), valetkey: median(costs["valetkey"] ?? []) };
}

// On a server of its own, so that what the others left in memory does not count.
async function openStreams(emulator: Server, pass: string): Promise<{ held: Held; perStream: number }> {
  const fresh = await startValetkey(setting, emulator.port);
  const before = residentBytes(fresh.started.pid);
  const request = { port: fresh.port, path: "/v1/chat/completions", headers: { ...json, authorization: `Bearer ${pass}` }, body: chatBody(true, 1000) };
  const held = await holdStreams(request, STREAMS, () => residentBytes(fresh.started.pid));
  return { held, perStream: (held.peakResident - before) / Math.max(1, held.opened) };
}

async function measure(running: Running): Promise<Figures> {
  const cells = new Map<string, Cell>([...(await measureAll(saturation(running), ROUNDS, directory)), ...(await measureAll(oneConnection(running), ROUNDS, directory))]);
  const loaded = residentBytes(running.valetkey.started.pid);
  const paced = await pacedEvents(running);
  const first = await firstDeltas(running);
  await stop(running.portkey.started);
  await stop(running.valetkey.started);
  const { held, perStream } = await openStreams(running.emulator, running.passes[1] ?? "");
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: cpus()[0]?.model ?? "unknown",
    cells: Object.fromEntries(cells),
    paced,
    first,
    memory: { idle: running.idle, loaded, perStream },
    held,
  };
}

pinSelf(LOAD_CORE);
try {
  const figures = await measure(await startAll());
  writeFileSync("docs/benchmarks.json", JSON.stringify(figures, null, 1) + "\n");
  const text = report(figures);
  writeFileSync("docs/benchmarks.md", text);
  console.log(text);
} finally {
  await stopAll();
  rmSync(directory, { recursive: true, force: true });
}
