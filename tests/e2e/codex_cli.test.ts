// The vendor's own CLI judges the emulator (sign-in, refresh) and /v1/responses (turns with tool calls).
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { Emulator, jsonOf } from "../integration/support/emulator.ts";
import { signIn } from "../integration/support/sign_in.ts";
import { Valetkey } from "../integration/support/valetkey.ts";

const CODEX = resolve("node_modules/.bin/codex");

let emulator: Emulator;
let server: Valetkey;
let home: string;
let workspace: string;

type Ended = { code: number | null; output: string };

// Runs the CLI with a home of its own; `onOutput` sees everything printed so far.
function codex(args: string[], env: Record<string, string>, onOutput: (seen: string) => void = () => undefined): Promise<Ended> {
  const child = spawn(process.execPath, [CODEX, ...args], {
    cwd: workspace,
    env: { PATH: process.env["PATH"] ?? "", HOME: home, CODEX_HOME: home, NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const read = (chunk: Buffer): void => {
    output += chunk.toString();
    onOutput(output);
  };
  child.stdout.on("data", read);
  child.stderr.on("data", read);
  const late = setTimeout(() => child.kill("SIGKILL"), 90_000);
  return new Promise((done) =>
    child.on("exit", (code) => {
      clearTimeout(late);
      done({ code, output });
    }),
  );
}

function execArguments(baseUrl: string, auth: string, prompt: string): string[] {
  return [
    ...["exec", "--json", "--skip-git-repo-check", "--ephemeral", "-s", "read-only", "-C", workspace],
    ...["-c", 'model_provider="judge"', "-c", `model_providers.judge={name="judge",base_url="${baseUrl}",wire_api="responses",${auth}}`],
    ...["-m", "gpt-5.5", prompt],
  ];
}

before(async () => {
  home = mkdtempSync(join(tmpdir(), "codex-home-"));
  workspace = mkdtempSync(join(tmpdir(), "codex-work-"));
  emulator = await Emulator.start();
  server = await Valetkey.start({ emulatorUrl: emulator.origin });
});

after(async () => {
  await server.stop();
  await emulator.stop();
  rmSync(home, { recursive: true, force: true });
  rmSync(workspace, { recursive: true, force: true });
});

test("the CLI signs in against the emulator by device code", async () => {
  let approved = false;
  const ended = await codex(["login", "--experimental_issuer", `${emulator.origin}/auth.openai`, "--device-auth"], {}, (seen) => {
    const code = /([A-Z0-9]{4}-[A-Z0-9]{5})\b/.exec(seen)?.[1];
    if (code === undefined || approved) return;
    approved = true;
    void emulator.approve(code);
  });
  assert.equal(ended.code, 0, ended.output);
  assert.ok(existsSync(join(home, "auth.json")));
  const status = await codex(["login", "status"], {});
  assert.match(status.output, /Logged in using ChatGPT/i);
});

test("the CLI refreshes against the emulator when its access token runs out, and the turn goes on", async () => {
  const before = JSON.parse(readFileSync(join(home, "auth.json"), "utf8")) as { tokens: { refresh_token: string } };
  await emulator.advanceClock(0);
  const lived = await emulator.state();
  await emulator.expireAccessTokens();
  const ended = await codex(execArguments(`${emulator.origin}/chatgpt/backend-api/codex`, "requires_openai_auth=true", "Say hello to the judge"), {
    CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${emulator.origin}/auth.openai/oauth/token`,
  });
  assert.equal(ended.code, 0, ended.output);
  assert.match(ended.output, /judge/i);
  const now = await emulator.state();
  assert.equal(now.tokens.refreshes, lived.tokens.refreshes + 1);
  assert.equal(now.tokens.reuses, 0);
  const after = JSON.parse(readFileSync(join(home, "auth.json"), "utf8")) as { tokens: { refresh_token: string } };
  assert.notEqual(after.tokens.refresh_token, before.tokens.refresh_token);
});

test("codex exec completes a turn with a tool call through Valetkey, with a session pass", async () => {
  const pass = await signIn(server.url, emulator.origin, "openai");
  const since = Date.now();
  const ended = await codex(execArguments(`${server.url}/v1`, 'env_key="VALETKEY_PASS"', "Run the command `echo valet-key-was-here` and tell me what it printed"), {
    VALETKEY_PASS: pass,
  });
  assert.equal(ended.code, 0, ended.output);
  assert.match(ended.output, /command_execution/);
  assert.match(ended.output, /valet-key-was-here/);
  assert.match(ended.output, /turn\.completed/);
  const calls = (await emulator.requests({ upstream: "chatgpt", path: "/responses" })).filter((record) => record.started_at >= since);
  assert.ok(calls.length >= 2, `${calls.length} calls`);
  assert.ok(calls.every((record) => record.status === 200));
  const items = jsonOf(calls[calls.length - 1]!)["input"] as { type?: string }[];
  assert.ok(items.some((item) => item.type === "function_call_output"));
});
