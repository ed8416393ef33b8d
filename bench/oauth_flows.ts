// What one closed loop of fixed requests cannot measure: refresh tokens, each good for one use, and whole sign-ins.
import { randomBytes, createHash } from "node:crypto";
import http from "node:http";
import { Browser, type OauthServer } from "../tests/integration/support/oauth_client.ts";

export type Timing = { perSecond: number; p50: number; p99: number; count: number }; // milliseconds

function timing(times: number[], seconds: number): Timing {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { perSecond: times.length / seconds, p50: at(0.5), p99: at(0.99), count: times.length };
}

// A plain keep-alive client: fetch would cost more than what it measures.
function post(agent: http.Agent, url: URL, form: Record<string, string>): Promise<Record<string, unknown>> {
  const body = new URLSearchParams(form).toString();
  return new Promise((resolve, reject) => {
    const request = http.request(url, { agent, method: "POST", headers: { "content-type": "application/x-www-form-urlencoded", "content-length": Buffer.byteLength(body) } }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => (response.statusCode === 200 ? resolve(JSON.parse(text) as Record<string, unknown>) : reject(new Error(`${response.statusCode} ${text}`))));
    });
    request.on("error", reject);
    request.end(body);
  });
}

async function registerClient(server: OauthServer): Promise<string> {
  const response = await fetch(`${server.issuer}/oauth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ client_name: "bench", redirect_uris: ["https://bench.example/callback"], grant_types: ["authorization_code", "refresh_token"], token_endpoint_auth_method: "none" }),
  });
  return String(((await response.json()) as Record<string, unknown>)["client_id"]);
}

function authorization(server: OauthServer, clientId: string): { url: string; verifier: string } {
  const verifier = randomBytes(32).toString("base64url");
  const url = new URL(`${server.issuer}/oauth/authorize`);
  const parameters = {
    response_type: "code",
    client_id: clientId,
    redirect_uri: "https://bench.example/callback",
    scope: "openid email offline_access",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return { url: url.href, verifier };
}

async function redeem(agent: http.Agent, server: OauthServer, clientId: string, redirect: URL, verifier: string): Promise<string> {
  const answer = await post(agent, new URL(`${server.issuer}/oauth/token`), {
    grant_type: "authorization_code",
    client_id: clientId,
    code: redirect.searchParams.get("code") ?? "",
    code_verifier: verifier,
    redirect_uri: "https://bench.example/callback",
  });
  return String(answer["refresh_token"]);
}

// `chains` clients, each rotating its own refresh token as fast as it is answered.
export async function rotateRefreshTokens(server: OauthServer, chains: number, seconds: number): Promise<Timing> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: chains });
  const clientId = await registerClient(server);
  const tokens: string[] = [];
  for (let i = 0; i < chains; i++) {
    const { url, verifier } = authorization(server, clientId);
    tokens.push(await redeem(agent, server, clientId, await server.person.authorize(url), verifier));
  }
  const endpoint = new URL(`${server.issuer}/oauth/token`);
  const times: number[] = [];
  const start = performance.now();
  const chain = async (first: string): Promise<void> => {
    let token = first;
    while (performance.now() - start < seconds * 1000) {
      const before = performance.now();
      const answer = await post(agent, endpoint, { grant_type: "refresh_token", client_id: clientId, refresh_token: token });
      times.push(performance.now() - before);
      token = String(answer["refresh_token"]);
    }
  };
  await Promise.all(tokens.map(chain));
  const elapsed = (performance.now() - start) / 1000;
  agent.destroy();
  return timing(times, elapsed);
}

// Password, consent, code, token: one after the other, in a fresh browser each.
export async function signInCompletely(server: OauthServer, rounds: number): Promise<Timing> {
  const agent = new http.Agent({ keepAlive: true });
  const clientId = await registerClient(server);
  const times: number[] = [];
  const start = performance.now();
  for (let i = 0; i < rounds; i++) {
    const before = performance.now();
    const browser = new Browser(server.issuer);
    await browser.signIn(server.email, server.password);
    const { url, verifier } = authorization(server, clientId);
    await redeem(agent, server, clientId, await browser.authorize(url), verifier);
    times.push(performance.now() - before);
  }
  agent.destroy();
  return timing(times, (performance.now() - start) / 1000);
}
