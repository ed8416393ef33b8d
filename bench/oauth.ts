// ./dev bench oauth: the authorization server beside oidc-provider, one core for the server, the load on the other,
// everything in one run. `--seconds N`, `--rounds N`. Writes docs/benchmarks-oauth.md and .json.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort, startOauthServer, type OauthServer } from "../tests/integration/support/oauth_client.ts";
import { Postgres } from "../tests/integration/support/postgres.ts";
import { measureAll, type Cell, type Subject } from "./measure.ts";
import { rotateRefreshTokens, signInCompletely, type Timing } from "./oauth_flows.ts";
import { oauthReport } from "./oauth_report.ts";
import { LOAD_CORE, PROXY_CORE, startPinned, stopAll, waitForLine } from "./processes.ts";
import type { Load } from "./wrk.ts";

const run = promisify(execFile);
const option = (name: string, fallback: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};
const SECONDS = option("seconds", 4);
const ROUNDS = option("rounds", 5);
const SECRET = "a-secret-of-the-benchmark-that-both-servers-know";
const FORM = { "content-type": "application/x-www-form-urlencoded", accept: "application/json" };

const pin = async (pid: number | undefined): Promise<void> => void (await run("taskset", ["-a", "-cp", String(PROXY_CORE), String(pid)]));

async function startOurs(env: Record<string, string> = {}): Promise<OauthServer> {
  const server = await startOauthServer({ env: { VALETKEY_SERVER_WORKERS: "1", VALETKEY_LOG_ACCESS: "false", VALETKEY_SERVER_OAUTH_PER_MINUTE: "0", ...env } });
  await pin(server.server.child.pid);
  return server;
}

type Client = { id: string; secret: string };

// Only a builder's client may act for itself.
async function createClient(ours: OauthServer, algorithm: string): Promise<Client> {
  const answer = await ours.person.post("apps/clients", { client_name: `bench ${algorithm}`, grant_types: ["client_credentials"], token_endpoint_auth_method: "client_secret_post", access_token_signed_response_alg: algorithm, scope: "ai.use" });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return { id: String(answer.body["client_id"]), secret: String(answer.body["client_secret"]) };
}

const form = (fields: Record<string, string>): string => new URLSearchParams(fields).toString();
const load = (url: string, body?: string): Load => ({ url, method: body === undefined ? "GET" : "POST", headers: FORM, connections: 32, seconds: SECONDS, ...(body === undefined ? {} : { body }) });
const credentials = (client: Client, more: Record<string, string> = {}): string => form({ grant_type: "client_credentials", client_id: client.id, client_secret: client.secret, ...more });

async function tokenOf(url: string, body: string): Promise<string> {
  const response = await fetch(url, { method: "POST", headers: FORM, body });
  const answer = (await response.json()) as Record<string, unknown>;
  if (response.status !== 200) throw new Error(`${url}: ${JSON.stringify(answer)}`);
  return String(answer["access_token"]);
}

async function subjects(ours: OauthServer, peer: { url: string; pid: number }): Promise<Subject[]> {
  const pid = ours.server.child.pid ?? 0;
  const [es, rs] = [await createClient(ours, "ES256"), await createClient(ours, "RS256")];
  const them: Client = { id: "bench", secret: SECRET };
  const resource = (name: string): Record<string, string> => ({ resource: `https://bench.example/${name}` });
  const token = await tokenOf(`${ours.issuer}/oauth/token`, credentials(es));
  const theirs = await tokenOf(`${peer.url}/token`, credentials(them, resource("opaque")));
  const introspect = (client: Client, subject: string): string => form({ client_id: client.id, client_secret: client.secret, token: subject });
  return [
    { name: "peer ES256", load: load(`${peer.url}/token`, credentials(them, resource("es256"))), pid: peer.pid },
    { name: "ES256", load: load(`${ours.issuer}/oauth/token`, credentials(es)), pid },
    { name: "peer RS256", load: load(`${peer.url}/token`, credentials(them, resource("rs256"))), pid: peer.pid },
    { name: "RS256", load: load(`${ours.issuer}/oauth/token`, credentials(rs)), pid },
    { name: "peer introspection", load: load(`${peer.url}/token/introspection`, introspect(them, theirs)), pid: peer.pid },
    { name: "introspection", load: load(`${ours.issuer}/oauth/introspect`, introspect(es, token)), pid },
    { name: "peer discovery", load: load(`${peer.url}/.well-known/openid-configuration`), pid: peer.pid },
    { name: "discovery", load: load(`${ours.issuer}/.well-known/openid-configuration`), pid },
  ];
}

// What the core itself can sign, in the same run.
async function rsaSignsPerSecond(): Promise<number> {
  const { stdout } = await run("taskset", ["-c", String(PROXY_CORE), "openssl", "speed", "-seconds", "3", "rsa2048"]);
  const match = /^rsa 2048 bits\s+\S+\s+\S+\s+([\d.]+)/m.exec(stdout);
  if (match === null) throw new Error(`openssl said:\n${stdout}`);
  return Number(match[1]);
}

async function rotations(): Promise<Record<string, Timing>> {
  const figures: Record<string, Timing> = {};
  const sqlite = await startOurs();
  try {
    figures["SQLite, synchronous FULL"] = await rotateRefreshTokens(sqlite, 32, 2 * SECONDS);
    figures["sign-in"] = await signInCompletely(sqlite, 40);
  } finally {
    await sqlite.stop();
  }
  const postgres = await Postgres.start();
  try {
    const server = await startOurs({ AUTH_AI_DB_URL: postgres.createDatabase("bench") });
    try {
      figures["PostgreSQL, fsync and synchronous_commit on"] = await rotateRefreshTokens(server, 32, 2 * SECONDS);
    } finally {
      await server.stop();
    }
  } finally {
    await postgres.stop();
  }
  return figures;
}

const directory = mkdtempSync(join(tmpdir(), "valetkey-bench-"));
let ours: OauthServer | undefined;
try {
  await run("taskset", ["-a", "-cp", String(LOAD_CORE), String(process.pid)]);
  ours = await startOurs();
  const port = await freePort();
  const started = startPinned(PROXY_CORE, process.execPath, ["bench/oidc_peer.ts", String(port), SECRET], { NODE_ENV: "production" });
  await waitForLine(started, /listening on \d+/);
  const signs = [await rsaSignsPerSecond()];
  const cells: Map<string, Cell> = await measureAll(await subjects(ours, { url: `http://127.0.0.1:${port}`, pid: started.pid }), ROUNDS, directory);
  signs.push(await rsaSignsPerSecond());
  await ours.stop();
  ours = undefined;
  const timings = await rotations();
  const figures = { measured: new Date().toISOString().slice(0, 10), seconds: SECONDS, rounds: ROUNDS, rsaSignsPerSecond: signs, cells: [...cells.values()], timings };
  writeFileSync("docs/benchmarks-oauth.json", `${JSON.stringify(figures, null, 1)}\n`);
  writeFileSync("docs/benchmarks-oauth.md", oauthReport(figures));
} finally {
  await ours?.stop();
  await stopAll();
  rmSync(directory, { recursive: true, force: true });
}
