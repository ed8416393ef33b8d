// Programs under measurement: started pinned to a core, stopped by pid, their CPU and memory read from /proc.
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export const LOAD_CORE = 0; // wrk and the upstream
export const PROXY_CORE = 1; // the server or proxy under test

const running: ChildProcess[] = [];

export type Started = { pid: number; child: ChildProcess };

export function startPinned(core: number, command: string, args: string[], env: Record<string, string> = {}, cwd?: string): Started {
  const child = spawn("taskset", ["-c", String(core), command, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    ...(cwd === undefined ? {} : { cwd }),
  });
  running.push(child);
  return { pid: child.pid ?? 0, child };
}

// This process, with all its threads: where it is the load, it stays off the core of what it loads.
export function pinSelf(core: number): void {
  execFileSync("taskset", ["-apc", String(core), String(process.pid)], { stdio: "ignore" });
}

export async function stop(started: Started): Promise<void> {
  if (started.child.exitCode !== null || started.child.signalCode !== null) return;
  const ended = once(started.child, "exit");
  started.child.kill("SIGTERM");
  const late = setTimeout(() => started.child.kill("SIGKILL"), 5_000);
  await ended;
  clearTimeout(late);
}

export async function stopAll(): Promise<void> {
  for (const child of running.splice(0)) await stop({ pid: child.pid ?? 0, child });
}

// The first line of standard output or error that matches, as the match.
export async function waitForLine(started: Started, wanted: RegExp, timeoutMs = 20_000): Promise<RegExpMatchArray> {
  let seen = "";
  return await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no ${wanted} in:\n${seen.slice(-2000)}`)), timeoutMs);
    const read = (chunk: Buffer): void => {
      seen += chunk.toString();
      const match = wanted.exec(seen);
      if (match === null) return;
      clearTimeout(late);
      resolve(match);
    };
    started.child.stdout?.on("data", read);
    started.child.stderr?.on("data", read);
    started.child.on("exit", () => reject(new Error(`ended early:\n${seen.slice(-2000)}`)));
  });
}

export async function waitForPort(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true));
      socket.on("connect", () => socket.destroy());
      socket.on("error", () => resolve(false));
    });
    if (open) return;
    await sleep(50);
  }
  throw new Error(`nothing listens on ${port}`);
}

// A process and its children (nginx's worker): CPU in microseconds, resident memory in bytes.
function family(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return [pid, ...(children === "" ? [] : children.split(" ").flatMap((child) => family(Number(child))))];
}

export function cpuMicros(pid: number): number {
  const ticksPerSecond = 100;
  return family(pid)
    .map((one) => {
      const fields = readFileSync(`/proc/${one}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
      return ((Number(fields[11]) + Number(fields[12])) * 1e6) / ticksPerSecond;
    })
    .reduce((a, b) => a + b, 0);
}

// What a process and its children hold of memory: all that is resident of the first, and of each child what it does not
// share (a forked child shows its parent's pages as its own until it writes to them).
export function residentBytes(pid: number): number {
  const kilobytes = (one: number, field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${one}/smaps_rollup`, "utf8"))?.[1] ?? 0);
  const [first = 0, ...children] = family(pid);
  const unshared = children.map((child) => kilobytes(child, "Private_Clean") + kilobytes(child, "Private_Dirty"));
  return unshared.reduce((a, b) => a + b, kilobytes(first, "Rss")) * 1024;
}

// A relay needs two sockets a stream; what this machine lets one process have bounds the streams that one can hold.
export function mostStreams(wanted: number): number {
  const limit = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1] ?? "1024";
  return limit === "unlimited" ? wanted : Math.min(wanted, Math.floor((Number(limit) - 200) / 2));
}

export async function freePort(): Promise<number> {
  const { createServer } = await import("node:net");
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
