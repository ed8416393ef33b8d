// Signs a person in through the server, approving on the emulator's side as the person would.
import { setTimeout as sleep } from "node:timers/promises";

export type Provider = "openai" | "xai" | "github";
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
