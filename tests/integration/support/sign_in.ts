// Signs a person in through the server, approving on the emulator's side as the person would.
import { setTimeout as sleep } from "node:timers/promises";
import { seen, type Seen } from "./answers.ts";
import type { Emulator } from "./emulator.ts";

export type Provider = "openai" | "xai" | "github";
// A model of each that the emulator serves.
export const MODELS: Record<Provider, string> = { openai: "gpt-5.5", xai: "grok-4.5", github: "gpt-4.1" };

export type Started = {
  sessionId: string;
  provider: Provider;
  userCode: string;
  verificationUrl: string;
  expiresInMs: number;
  pollIntervalMs: number;
};
export type PollAnswer = { status: "pending" | "complete" | "expired" | "error"; jwt?: string; error?: string };

export async function startSignIn(serverUrl: string, provider: Provider, extra: Record<string, string> = {}): Promise<Started> {
  const response = await fetch(`${serverUrl}/auth/start`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ provider, ...extra }),
  });
  const body = await response.text();
  if (response.status !== 200) throw new Error(`start answered ${response.status}: ${body}`);
  return JSON.parse(body) as Started;
}

// As it came, whatever it is.
export const pollAnswer = (serverUrl: string, sessionId: string): Promise<Seen> => seen(fetch(`${serverUrl}/auth/poll/${sessionId}`));

export const startAnswer = (serverUrl: string, body?: string): Promise<Response> =>
  fetch(`${serverUrl}/auth/start`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    ...(body === undefined ? {} : { body }),
  });

export const errorOf = (body: string): string => (JSON.parse(body) as { error: string }).error;

// Where the server asks the provider whether the person has approved.
export const POLL_UPSTREAM = { openai: "auth.openai", xai: "auth.x", github: "github" } as const;
export const POLL_PATH: Record<Provider, string> = {
  openai: "/api/accounts/deviceauth/token",
  xai: "/oauth2/token",
  github: "/login/oauth/access_token",
};

// How often it did.
export async function pollsSeen(emulator: Emulator, provider: Provider): Promise<number> {
  const records = await emulator.requests({ upstream: POLL_UPSTREAM[provider] });
  return records.filter((record) => record.path.endsWith(POLL_PATH[provider]) && record.method === "POST").length;
}

export async function pollOnce(serverUrl: string, sessionId: string, verifier?: string): Promise<PollAnswer> {
  const query = verifier === undefined ? "" : `?code_verifier=${verifier}`;
  const response = await fetch(`${serverUrl}/auth/poll/${sessionId}${query}`);
  return (await response.json()) as PollAnswer;
}

export async function pollUntilDone(serverUrl: string, sessionId: string, verifier?: string): Promise<PollAnswer> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const answer = await pollOnce(serverUrl, sessionId, verifier);
    if (answer.status !== "pending") return answer;
    await sleep(100);
  }
  throw new Error("still pending after 20 s");
}

export async function approve(emulatorUrl: string, userCode: string): Promise<void> {
  const response = await fetch(`${emulatorUrl}/control/approve`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ user_code: userCode }),
  });
  if (!response.ok) throw new Error(`approve answered ${response.status}: ${await response.text()}`);
}

// The session JWT of a fresh sign-in.
export async function signIn(serverUrl: string, emulatorUrl: string, provider: Provider): Promise<string> {
  const started = await startSignIn(serverUrl, provider);
  await approve(emulatorUrl, started.userCode);
  const done = await pollUntilDone(serverUrl, started.sessionId);
  if (done.status !== "complete" || done.jwt === undefined) throw new Error(`sign-in ended as ${JSON.stringify(done)}`);
  return done.jwt;
}
