// Runs the official conformance program and gives what it printed.
import { spawn } from "node:child_process";
import { resolve } from "node:path";

const program = resolve("node_modules/@modelcontextprotocol/conformance/dist/index.js");

export type Run = { status: number | null; output: string };

// `onText` sees everything printed so far, each time something is added.
export async function runSuite(args: string[], onText: (text: string) => void = () => undefined): Promise<Run> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      output += text;
      onText(output);
    });
  }
  const status = await new Promise<number | null>((ended) => child.on("close", ended));
  return { status, output: output.replace(/\u001b\[\d*m/g, "") };
}
