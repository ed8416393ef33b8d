// Starts the real server on free ports in a temporary directory, pointed at an emulator, and stops it by its process.
import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { once } from "node:events";

export type LogLine = { event: string; [field: string]: unknown };

export type ServerSettings = {
  emulatorUrl: string; // "http://127.0.0.1:PORT"
  env?: Record<string, string>;
  directory?: string; // default: a fresh one, removed at stop
  secrets?: { jwt: string; identity: string };
};

const binary = process.env["VALETKEY_BIN"] ?? "build/release/valetkey";

export class Valetkey {
  readonly logs: LogLine[] = [];
  url = "";
  adminUrl = "";
  stderr = ""; // every byte it wrote there
  private waiting: Array<{ wanted: (line: LogLine) => boolean; found: (line: LogLine) => void }> = [];

  readonly child: ChildProcess;
  readonly directory: string;
  readonly secrets: { jwt: string; identity: string };
  private readonly ownsDirectory: boolean;

  private constructor(child: ChildProcess, directory: string, secrets: { jwt: string; identity: string }, ownsDirectory: boolean) {
    this.child = child;
    this.directory = directory;
    this.secrets = secrets;
    this.ownsDirectory = ownsDirectory;
  }

  static environment(settings: ServerSettings, directory: string, secrets: { jwt: string; identity: string }) {
    const upstream = settings.emulatorUrl;
    return {
      PATH: process.env["PATH"] ?? "",
      AUTH_AI_JWT_SECRET: secrets.jwt,
      AUTH_AI_IDENTITY_SECRET: secrets.identity,
      AUTH_AI_ORIGINATOR: "valetkey-tests",
      AUTH_AI_DB_URL: join(directory, "relay.db"),
      AUTH_AI_PORT: "0",
      VALETKEY_SERVER_ADMIN_PORT: "0",
      VALETKEY_SERVER_WORKERS: "2",
      VALETKEY_SERVER_SIGN_IN_START_PER_MINUTE: "0",
      VALETKEY_SERVER_SIGN_IN_POLL_PER_MINUTE: "0",
      VALETKEY_PROVIDERS: "openai,xai,github",
      VALETKEY_PROVIDERS_OPENAI_ISSUER: `${upstream}/auth.openai`,
      VALETKEY_PROVIDERS_OPENAI_BACKEND: `${upstream}/chatgpt/backend-api/codex`,
      VALETKEY_PROVIDERS_XAI_ISSUER: `${upstream}/auth.x`,
      VALETKEY_PROVIDERS_XAI_API: `${upstream}/api.x/v1`,
      VALETKEY_PROVIDERS_GITHUB_LOGIN: `${upstream}/github`,
      VALETKEY_PROVIDERS_GITHUB_API: `${upstream}/api.github`,
      VALETKEY_PROVIDERS_GITHUB_COPILOT: `${upstream}/copilot`,
      ...settings.env,
    };
  }

  static async start(settings: ServerSettings): Promise<Valetkey> {
    const directory = settings.directory ?? mkdtempSync(join(tmpdir(), "valetkey-"));
    const secrets = settings.secrets ?? {
      jwt: randomBytes(32).toString("hex"),
      identity: randomBytes(32).toString("hex"),
    };
    const child = spawn(resolve(binary), ["serve"], {
      cwd: directory,
      env: Valetkey.environment(settings, directory, secrets),
      stdio: ["ignore", "ignore", "pipe"],
    });
    const end = () => child.kill("SIGKILL"); // a test that failed half way must not leave it behind
    process.once("exit", end);
    child.once("exit", () => process.removeListener("exit", end));
    const server = new Valetkey(child, directory, secrets, settings.directory === undefined);
    server.readLogs();
    const listening = await server.waitForLog((line) => line.event === "listening", 20_000).catch((late: unknown) => {
      child.kill("SIGKILL");
      throw late;
    });
    const scheme = listening["tls"] === true ? "https" : "http";
    server.url = `${scheme}://127.0.0.1:${String(listening["port"])}`;
    server.adminUrl = `http://127.0.0.1:${String(listening["admin_port"])}`;
    return server;
  }

  private readLogs(): void {
    let rest = "";
    this.child.stderr?.setEncoding("utf8");
    this.child.stderr?.on("data", (text: string) => {
      this.stderr += text;
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.take(line);
    });
  }

  private take(text: string): void {
    let line: LogLine;
    try {
      line = JSON.parse(text) as LogLine;
    } catch {
      line = { event: "not_json", text };
      console.error(text);
    }
    this.logs.push(line);
    const still = [];
    for (const waiter of this.waiting) {
      if (waiter.wanted(line)) waiter.found(line);
      else still.push(waiter);
    }
    this.waiting = still;
  }

  // The first line, past or coming, that is wanted.
  async waitForLog(wanted: (line: LogLine) => boolean, timeoutMs = 5_000): Promise<LogLine> {
    const past = this.logs.find(wanted);
    if (past !== undefined) return past;
    return await new Promise((found, reject) => {
      const late = setTimeout(() => reject(new Error(`no such log line in ${timeoutMs} ms: ${JSON.stringify(this.logs.slice(-5))}`)), timeoutMs);
      this.waiting.push({
        wanted,
        found: (line) => {
          clearTimeout(late);
          found(line);
        },
      });
    });
  }

  // SIGTERM, and the exit code; SIGKILL when it does not end by itself.
  async stop(signal: NodeJS.Signals = "SIGTERM", graceMs = 30_000): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, "exit");
      this.child.kill(signal);
      const late = setTimeout(() => this.child.kill("SIGKILL"), graceMs);
      await ended;
      clearTimeout(late);
    }
    if (this.ownsDirectory) rmSync(this.directory, { recursive: true, force: true });
    return this.child.exitCode;
  }
}
