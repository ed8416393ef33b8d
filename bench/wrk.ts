// One wrk run: closed loop, keep-alive, one thread, percentiles in microseconds from its own summary.
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { LOAD_CORE } from "./processes.ts";

export type Load = {
  url: string;
  method: "GET" | "POST";
  headers: Record<string, string>;
  body?: string;
  bearers?: string[]; // one at random for each request
  connections: number;
  seconds: number;
  core?: number;
};

export type LoadResult = { requests: number; rps: number; p50: number; p99: number; bytesPerSecond: number; errors: number };

function lua(load: Load, bearersFile: string): string {
  const headers = Object.entries(load.headers).map(([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`);
  return `
wrk.method = ${JSON.stringify(load.method)}
${load.body === undefined ? "" : `wrk.body = ${JSON.stringify(load.body)}`}
${headers.join("\n")}
local prepared = {}
function init(args)
  ${
    load.bearers === undefined
      ? "prepared[1] = wrk.format()"
      : `for line in io.lines(${JSON.stringify(bearersFile)}) do
    wrk.headers["authorization"] = "Bearer " .. line
    prepared[#prepared + 1] = wrk.format()
  end`
  }
end
function request() return prepared[math.random(#prepared)] end
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %.1f %.1f %d %d\\n", summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), summary.bytes, e.connect + e.read + e.write + e.status + e.timeout))
end
`;
}

export async function runWrk(load: Load, directory: string): Promise<LoadResult> {
  const script = join(directory, "load.lua");
  const bearersFile = join(directory, "bearers.txt");
  if (load.bearers !== undefined) writeFileSync(bearersFile, load.bearers.join("\n") + "\n");
  writeFileSync(script, lua(load, bearersFile));
  const { stdout } = await promisify(execFile)("taskset", [
    ...["-c", String(load.core ?? LOAD_CORE), "wrk", "-t1", `-c${load.connections}`, `-d${load.seconds}s`, "--timeout", "20s", "-s", script, load.url],
  ]);
  const match = /RESULT (\d+) (\d+) ([\d.]+) ([\d.]+) (\d+) (\d+)/.exec(stdout);
  if (match === null) throw new Error(`wrk said:\n${stdout}`);
  const [requests = 0, micros = 1, p50 = 0, p99 = 0, bytes = 0, errors = 0] = match.slice(1).map(Number);
  return { requests, rps: (requests / micros) * 1e6, p50, p99, bytesPerSecond: (bytes / micros) * 1e6, errors };
}
