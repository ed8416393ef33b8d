// A whole session as people and their accidents make it, which remembers every secret that was part of it.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { Emulator, type RecordedRequest } from "./emulator.ts";
import { bearer, chat, whoami } from "./answers.ts";
import { Secrets } from "./needles.ts";
import { claimsOf } from "./passes.ts";
import { MODELS, pollOnce, pollUntilDone, startSignIn, type Provider } from "./sign_in.ts";
import { Valetkey } from "./valetkey.ts";

export const PROVIDERS: Provider[] = ["openai", "xai", "github"];

const FIELDS: Record<string, string> = {
  refresh_token: "refresh token",
  token: "revoked token",
  device_code: "device code",
  device_auth_id: "device code",
  code: "authorization code",
  code_verifier: "upstream code verifier",
};

const tool = { name: "get_weather", parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] } };

export class LeakSession {
  readonly secrets = new Secrets();
  readonly errors = new Map<string, Buffer>(); // of every client, each with what it was
  readonly markers: Record<"prompt" | "answer" | "system" | "city" | "upstream", string>;
  readonly emulator: Emulator;
  readonly server: Valetkey;

  constructor(emulator: Emulator, server: Valetkey) {
    this.emulator = emulator;
    this.server = server;
    const marker = (what: string): string => `${what}Marker${randomBytes(8).toString("hex")}`;
    this.markers = { prompt: marker("Prompt"), answer: marker("Answer"), system: marker("System"), city: marker("City"), upstream: marker("Upstream") };
    for (const [what, value] of Object.entries(this.markers)) this.secrets.add(`${what} marker`, value);
  }

  takeRecord(record: RecordedRequest): void {
    for (const [name, value] of record.headers) {
      const header = name.toLowerCase();
      if (header === "authorization") {
        this.secrets.addToken(record.upstream === "copilot" ? "Copilot token" : "access token", value.replace(/^\S+\s+/, ""));
      }
      if (header === "chatgpt-account-id") this.secrets.add("account id", value);
    }
    if (!["auth.openai", "auth.x", "github"].includes(record.upstream) || record.body === undefined) return;
    const fields = record.body.startsWith("{")
      ? Object.entries(JSON.parse(record.body) as Record<string, unknown>)
      : [...new URLSearchParams(record.body)];
    for (const [name, value] of fields) {
      const what = FIELDS[name];
      if (what !== undefined && typeof value === "string") this.secrets.addToken(what, value);
    }
  }

  takePass(pass: string): void {
    this.secrets.addToken("session JWT", pass);
    const claims = claimsOf(pass);
    this.secrets.add("claim k", claims.k);
    this.secrets.add("claim k, raw", Buffer.from(claims.k, "base64url"));
  }

  async refused(what: string, status: number, answer: Promise<Response>): Promise<void> {
    const response = await answer;
    const body = await response.text();
    this.errors.set(`error: ${what}`, Buffer.from(`${JSON.stringify([...response.headers])}\n${body}`));
    assert.equal(response.status, status, `${what}: ${body}`);
  }

  post(path: string, pass: string, body: object, signal?: AbortSignal): Promise<Response> {
    return fetch(this.server.url + path, {
      method: "POST",
      headers: { ...bearer(pass), "content-type": "application/json" },
      body: JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  async text(answer: Promise<Response>): Promise<string> {
    const response = await answer;
    const body = await response.text();
    assert.equal(response.status, 200, body);
    return body;
  }

  async enter(provider: Provider): Promise<string> {
    const verifier = randomBytes(32).toString("base64url");
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    const started = await startSignIn(this.server.url, provider, { code_challenge: challenge, code_challenge_method: "S256" });
    this.secrets.add("session id", started.sessionId);
    this.secrets.add("session id, raw", Buffer.from(started.sessionId.replaceAll("-", ""), "hex"));
    this.secrets.add("code verifier", verifier);
    this.secrets.add("code verifier, raw", Buffer.from(verifier, "base64url"));
    assert.equal((await pollOnce(this.server.url, started.sessionId, verifier)).status, "pending");
    await this.refused(`${provider}: a thief polls`, 400, fetch(`${this.server.url}/auth/poll/${started.sessionId}`));
    await this.emulator.approve(started.userCode);
    const done = await pollUntilDone(this.server.url, started.sessionId, verifier);
    assert.equal(done.status, "complete", JSON.stringify(done));
    this.takePass(done.jwt ?? "");
    return done.jwt ?? "";
  }

  async talk(provider: Provider, pass: string): Promise<void> {
    const model = MODELS[provider];
    const prompt = { model, messages: [{ role: "system", content: `Be kind. ${this.markers.system}` }, { role: "user", content: `say exactly: ${this.markers.answer}` }] };
    assert.equal((await whoami(this.server.url, pass)).status, 200);
    await this.text(fetch(`${this.server.url}/v1/models`, { headers: bearer(pass) }));
    assert.ok((await this.text(this.post("/v1/chat/completions", pass, prompt))).includes(this.markers.answer));
    assert.match(await this.text(this.post("/v1/chat/completions", pass, { ...prompt, stream: true })), /\[DONE\]/);
    assert.ok((await this.text(this.post("/v1/responses", pass, { model, input: `say exactly: ${this.markers.answer}` }))).includes(this.markers.answer));
    assert.match(await this.text(this.post("/v1/responses", pass, { model, input: this.markers.prompt, stream: true })), /response\.completed/);
    const call = { ...prompt, messages: [{ role: "user", content: `What is the weather in "${this.markers.city}"?` }], tools: [{ type: "function", function: tool }] };
    assert.match(await this.text(this.post("/v1/chat/completions", pass, call)), /get_weather/);
  }

  async stumble(provider: Provider, pass: string): Promise<void> {
    const model = MODELS[provider];
    const upstream = ({ openai: "chatgpt", xai: "api.x", github: "copilot" } as const)[provider];
    const before = (await this.emulator.state()).tokens;
    for (let round = 0; round < 2; round++) {
      // A GitHub token has no refresh token: there it is the Copilot token that is refused.
      if (provider === "github") await this.emulator.script({ fault: "A8.token_expired", upstream });
      else await this.emulator.invalidateAccessTokens();
      const again = await chat(this.server.url, pass, model, this.markers.prompt);
      assert.equal(again.status, 200, `${provider} after a refused bearer: ${await again.text()}`);
    }
    const now = (await this.emulator.state()).tokens;
    assert.ok(now.refreshes + now.copilot_exchanges > before.refreshes + before.copilot_exchanges, `${provider} refreshed nothing`);

    for (const [fault, parameters] of [
      ["H2.error", { status: 500, body: "json" }],
      ["H2.error", { status: 500, body: "html" }],
      ["http.answer", { status: 500, headers: {}, body: `{"error":{"message":"${this.markers.upstream}"}}` }],
      ["H8.echo", {}], // the bearer itself, in a 200 of no known form
    ] as const) {
      await this.emulator.clearScenarios();
      await this.emulator.script({ fault, upstream, always: true, parameters });
      const answer = await chat(this.server.url, pass, model, this.markers.prompt);
      this.errors.set(`error: ${provider} ${fault} ${JSON.stringify(parameters).slice(0, 30)}`, Buffer.from(await answer.text()));
      assert.ok(answer.status >= 500, `${provider} ${fault}: ${answer.status}`);
    }
    await this.emulator.clearScenarios();
    const refusal = await chat(this.server.url, pass, model, this.markers.prompt, { n: 3 });
    this.errors.set(`error: ${provider} refused parameter`, Buffer.from(await refusal.text()));
    assert.equal(refusal.status, 400);
    await this.refused(`${provider}: no JSON`, 400, fetch(`${this.server.url}/v1/chat/completions`, { method: "POST", headers: bearer(pass), body: `{"${this.markers.prompt}` }));

    const leave = new AbortController();
    const since = Math.max(0, ...(await this.emulator.requests()).map((record) => record.sequence)) + 1;
    const stream = await this.post("/v1/chat/completions", pass, { model, stream: true, messages: [{ role: "user", content: `[pace 20ms] write 500 words ${this.markers.prompt}` }] }, leave.signal);
    await stream.body?.getReader().read();
    leave.abort();
    await this.emulator.waitForRequest((record) => record.disconnected_at !== null, { upstream, since });
  }
}
