// The server under measurement and its upstream, each on its own core.
import { randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LOAD_CORE, PROXY_CORE, startPinned, waitForLine, type Started } from "./processes.ts";
import type { Secrets } from "./seed.ts";

export type Server = { port: number; started: Started };
export type Setting = { binary: string; directory: string; secrets: Secrets };

// A folder for one run, to be removed after it.
export function makeSetting(binary: string): Setting {
  const secret = (): string => randomBytes(32).toString("hex");
  return { binary, directory: mkdtempSync(join(tmpdir(), "valetkey-bench-")), secrets: { jwt: secret(), identity: secret() } };
}

export const origin = (server: Server): string => `http://127.0.0.1:${server.port}`;

export async function startEmulator(): Promise<Server> {
  const started = startPinned(LOAD_CORE, "build/release/valetkey-emulator", ["--port", "0", "--accept-any-bearer", "--no-record"]);
  const [, port] = await waitForLine(started, /listening on [\d.]+:(\d+)/);
  return { port: Number(port), started };
}

export function environment({ directory, secrets }: Setting, emulatorPort: number): Record<string, string> {
  const upstream = `http://127.0.0.1:${emulatorPort}`;
  return {
    AUTH_AI_JWT_SECRET: secrets.jwt,
    AUTH_AI_IDENTITY_SECRET: secrets.identity,
    AUTH_AI_ORIGINATOR: "bench",
    AUTH_AI_DB_URL: join(directory, "relay.db"),
    AUTH_AI_PORT: "0",
    VALETKEY_SERVER_ADMIN_PORT: "0",
    VALETKEY_SERVER_WORKERS: "1",
    VALETKEY_LOG_ACCESS: "false",
    VALETKEY_PROVIDERS: "openai",
    VALETKEY_PROVIDERS_OPENAI_ISSUER: `${upstream}/auth.openai`,
    VALETKEY_PROVIDERS_OPENAI_BACKEND: `${upstream}/chatgpt/backend-api/codex`,
  };
}

export async function startValetkey(setting: Setting, emulatorPort: number): Promise<Server> {
  const started = startPinned(PROXY_CORE, setting.binary, ["serve"], environment(setting, emulatorPort));
  const [, port] = await waitForLine(started, /"event":"listening".*?"port":(\d+)/);
  return { port: Number(port), started };
}
