// ./dev bench profile: counts how often the server takes each of its branches under the benchmarks' load. "branches" does it
// for the compiler, on build/profile, and writes cmake/valetkey.profdata (docs/adr/0020-built-by-a-profile.md); "layout" for
// tools/lay_out, on what the release's linker made, and writes cmake/valetkey.fdata.gz (docs/adr/0021-code-lies-as-it-runs.md).
import { execFileSync } from "node:child_process";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { OauthServer } from "../tests/integration/support/oauth_client.ts";
import { rotateRefreshTokens, signInCompletely } from "./oauth_flows.ts";
import { timesToFirstDelta } from "./paced.ts";
import { LOAD_CORE, pinSelf, stop, stopAll } from "./processes.ts";
import { seed } from "./seed.ts";
import { environment, makeSetting, origin, startEmulator, startValetkey } from "./servers.ts";
import { chatBody, responsesBody } from "./workloads.ts";
import { runWrk, type Load } from "./wrk.ts";

const kind = process.argv[2];
if (kind !== "branches" && kind !== "layout") throw new Error("usage: bench/profile.ts branches|layout");
const binary = kind === "branches" ? "build/profile/valetkey" : "build/release/valetkey.counting";
process.env["VALETKEY_BIN"] = binary; // for what the tests' support starts
const { startOauthServer } = await import("../tests/integration/support/oauth_client.ts");
const setting = makeSetting(binary);
const { directory } = setting;

// Each process writes its own counts when it ends.
if (kind === "branches") {
  process.env["LLVM_PROFILE_FILE"] = join(directory, "%p.profraw");
} else {
  // By its whole path, for it looks for its runtime beside itself.
  const bolt = ["-instrument", `-instrumentation-file=${join(directory, "counts")}`, "-instrumentation-file-append-pid"];
  execFileSync("/usr/lib/llvm-16/bin/llvm-bolt", [...bolt, "build/release/valetkey.linked", "-o", binary], { stdio: "pipe" });
}

const json = { "content-type": "application/json" };

// What docs/benchmarks.md measures: many connections, one, and a stream that is paced.
async function relay(): Promise<void> {
  const emulator = await startEmulator();
  const passes = seed(directory, 1_000, setting.secrets, environment(setting, emulator.port));
  const valetkey = await startValetkey(setting, emulator.port);
  const post = (path: string, body: string): Load => ({ url: origin(valetkey) + path, method: "POST", headers: json, body, bearers: passes, connections: 64, seconds: 2 });
  const models: Load = { url: `${origin(valetkey)}/v1/models`, method: "GET", headers: {}, bearers: passes, connections: 64, seconds: 2 };
  const loads = [post("/v1/chat/completions", chatBody(true)), post("/v1/chat/completions", chatBody(false)), post("/v1/responses", responsesBody()), models];
  for (const load of loads) {
    const results = [await runWrk(load, directory), await runWrk({ ...load, connections: 1, seconds: 1 }, directory)];
    if (results.some(({ errors }) => errors > 0)) throw new Error(`errors from ${load.url}`);
  }
  const headers = { ...json, authorization: `Bearer ${passes[0]}` };
  await timesToFirstDelta({ port: valetkey.port, path: "/v1/chat/completions", headers, body: chatBody(true, 10) }, 10);
  await timesToFirstDelta({ port: valetkey.port, path: "/v1/responses", headers, body: responsesBody(10) }, 10);
  await stop(valetkey.started);
}

// A builder's client acts for itself, and what it got is looked at.
async function clientCredentials(server: OauthServer): Promise<void> {
  for (const algorithm of ["ES256", "RS256"]) {
    const made = await server.person.post("apps/clients", { client_name: algorithm, grant_types: ["client_credentials"], token_endpoint_auth_method: "client_secret_post", access_token_signed_response_alg: algorithm, scope: "ai.use" });
    const client = { client_id: String(made.body["client_id"]), client_secret: String(made.body["client_secret"]) };
    const ask = async (path: string, fields: Record<string, string>): Promise<Record<string, unknown>> => {
      const response = await fetch(server.issuer + path, { method: "POST", body: new URLSearchParams({ ...client, ...fields }) });
      if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return (await response.json()) as Record<string, unknown>;
    };
    for (let i = 0; i < 200; i++) {
      const token = String((await ask("/oauth/token", { grant_type: "client_credentials" }))["access_token"]);
      await ask("/oauth/introspect", { token });
      await (await fetch(`${server.issuer}/.well-known/openid-configuration`)).text();
    }
  }
}

// What docs/benchmarks-oauth.md measures.
async function authorization(): Promise<void> {
  const server = await startOauthServer({ env: { VALETKEY_SERVER_WORKERS: "1", VALETKEY_LOG_ACCESS: "false", VALETKEY_SERVER_OAUTH_PER_MINUTE: "0" } });
  try {
    await clientCredentials(server);
    await rotateRefreshTokens(server, 32, 3);
    await signInCompletely(server, 10);
  } finally {
    await server.stop();
  }
}

pinSelf(LOAD_CORE);
try {
  await relay();
  await authorization();
  const counts = (ending: string): string[] => readdirSync(directory).filter((name) => name.endsWith(ending)).map((name) => join(directory, name));
  if (kind === "branches") {
    execFileSync("llvm-profdata-16", ["merge", "--sparse", "-o", "cmake/valetkey.profdata", ...counts(".profraw")], { stdio: "inherit" });
  } else {
    const merged = execFileSync("merge-fdata-16", counts(".fdata"), { maxBuffer: 64 << 20, stdio: ["ignore", "pipe", "pipe"] });
    writeFileSync("cmake/valetkey.fdata.gz", gzipSync(merged, { level: 9 }));
  }
} finally {
  await stopAll();
  rmSync(directory, { recursive: true, force: true });
}
