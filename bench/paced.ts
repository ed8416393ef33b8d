// Paced streams over raw sockets: time to the first content, and holding many streams open at once.
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export type StreamRequest = { port: number; path: string; headers: Record<string, string>; body: string };

function send(socket: Socket, request: StreamRequest): void {
  const headers = Object.entries({ host: "127.0.0.1", ...request.headers, "content-length": String(Buffer.byteLength(request.body)) });
  socket.write(`POST ${request.path} HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}`).join("\r\n")}\r\n\r\n${request.body}`);
}

const CONTENT = /"content":"[^"]|output_text\.delta"?,?.*"delta":"|"delta":"[^"]/;

// Milliseconds until the first piece of text, on a kept-alive connection; `count` times.
export async function timesToFirstDelta(request: StreamRequest, count: number): Promise<number[]> {
  const socket = connect(request.port, "127.0.0.1");
  socket.setNoDelay(true);
  socket.on("error", () => undefined); // "close" follows
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const started = process.hrtime.bigint();
    let first = 0;
    let seen = "";
    let late: NodeJS.Timeout | undefined;
    send(socket, request);
    await new Promise<void>((resolve, reject) => {
      const read = (chunk: Buffer): void => {
        seen += chunk.toString("latin1");
        if (first === 0 && CONTENT.test(seen)) first = Number(process.hrtime.bigint() - started) / 1e6;
        if (!seen.endsWith("0\r\n\r\n")) return;
        socket.off("data", read);
        socket.off("close", closed);
        resolve();
      };
      const closed = (): void => reject(new Error(`closed in mid-answer:\n${seen.slice(0, 2000)}`));
      socket.on("data", read);
      socket.on("close", closed);
      late = setTimeout(() => reject(new Error(`no end of the answer:\n${seen.slice(0, 2000)}`)), 20_000);
    });
    clearTimeout(late);
    times.push(first);
  }
  socket.destroy();
  return times;
}

export type Held = { opened: number; complete: number; events: number; dropped: number; peakResident: number };

// Opens `count` streams, counts their events to the end, and samples `resident` meanwhile.
export async function holdStreams(request: StreamRequest, count: number, resident: () => number): Promise<Held> {
  const held: Held = { opened: 0, complete: 0, events: 0, dropped: 0, peakResident: 0 };
  const sockets: Socket[] = [];
  const ends: Promise<void>[] = [];
  for (let i = 0; i < count; i++) {
    const socket = connect(request.port, "127.0.0.1");
    sockets.push(socket);
    ends.push(
      new Promise((resolve) => {
        let tail = "";
        let done = false;
        socket.on("data", (chunk: Buffer) => {
          const text = tail + chunk.toString("latin1");
          held.events += text.split("\ndata: ").length - 1;
          tail = text.slice(-8);
          if (!done && text.endsWith("0\r\n\r\n")) {
            done = true;
            held.complete++;
            socket.destroy();
            resolve();
          }
        });
        socket.on("close", () => {
          if (!done) held.dropped++;
          resolve();
        });
        socket.on("error", () => undefined);
      }),
    );
    socket.on("connect", () => {
      held.opened++;
      send(socket, request);
    });
    if (i % 200 === 199) await sleep(20);
  }
  const sampler = setInterval(() => (held.peakResident = Math.max(held.peakResident, resident())), 500);
  await Promise.all(ends);
  clearInterval(sampler);
  return held;
}
