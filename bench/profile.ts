// ./dev bench profile: counts how often the server takes each of its branches under the benchmarks' load, for the compiler
// (docs/adr/0020-built-by-a-profile.md). VALETKEY_BIN is the build that counts; writes cmake/valetkey.profdata.
import { execFileSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { startOauthServer, type OauthServer } from "../tests/integration/support/oauth_client.ts";
import { rotateRefreshTokens, signInCompletely } from "./oauth_flows.ts";
import { timesToFirstDelta } from "./paced.ts";
import { LOAD_CORE, pinSelf, stop, stopAll } from "./processes.ts";
import { seed } from "./seed.ts";
import { environment, makeSetting, origin, startEmulator, startValetkey } from "./servers.ts";
import { chatBody, responsesBody } from "./workloads.ts";
import { runWrk, type Load } from "./wrk.ts";

const setting = makeSetting(process.env["VALETKEY_BIN"] ?? "build/profile/valetkey");
const { directory } = setting;
process.env["LLVM_PROFILE_FILE"] = join(directory, "%p.profraw"); // each process writes its own when it ends
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
  const counts = readdirSync(directory).filter((name) => name.endsWith(".profraw")).map((name) => join(directory, name));
  execFileSync("llvm-profdata-16", ["merge", "--sparse", "-o", "cmake/valetkey.profdata", ...counts], { stdio: "inherit" });
} finally {
  await stopAll();
  rmSync(directory, { recursive: true, force: true });
}
