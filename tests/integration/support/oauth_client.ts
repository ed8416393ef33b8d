// A person with a browser, without a browser: a cookie jar that speaks the portal's JSON API (docs/portal-api.md),
// follows an authorization request to the question, answers it, and comes back with the redirect.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Emulator } from "./emulator.ts";
import { MailSink } from "./mail_sink.ts";
import { approve } from "./sign_in.ts";
import { Valetkey } from "./valetkey.ts";

export type Question = {
  client?: { id: string; name: string; host: string | null; kind: string };
  redirect_host?: string | null;
  loopback?: boolean;
  resource?: { uri: string; name: string };
  scopes?: { name: string; description: string; granted: boolean }[];
  ai?: { id: string; provider: string }[];
  login_hint?: string;
  sign_in: "ok" | "required" | "again";
  request?: string;
};

type Json = Record<string, unknown>;
export type Answer = { status: number; body: Json; headers: Headers };

const MAX_HOPS = 10;

export class Browser {
  readonly issuer: string;
  private readonly cookies = new Map<string, string>();
  private csrf = "";

  constructor(issuer: string) {
    this.issuer = issuer;
  }

  // One request, no redirect followed; cookies are kept and sent to the issuer only.
  async go(url: string, init: RequestInit = {}): Promise<Response> {
    const target = new URL(url, this.issuer);
    const headers = new Headers(init.headers);
    if (target.origin === new URL(this.issuer).origin && this.cookies.size > 0) {
      headers.set("cookie", [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; "));
    }
    const response = await fetch(target, { ...init, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) this.keep(line);
    return response;
  }

  // What a thief would want of it: for the searches.
  held(): { cookies: string[]; csrf: string } {
    return { cookies: [...this.cookies.values()], csrf: this.csrf };
  }

  private keep(line: string): void {
    const [pair = "", ...attributes] = line.split(";");
    const name = pair.slice(0, pair.indexOf("=")).trim();
    const ends = attributes.some((each) => /^\s*max-age=0$/i.test(each));
    if (ends) this.cookies.delete(name);
    else this.cookies.set(name, pair.slice(pair.indexOf("=") + 1));
  }

  async get(path: string): Promise<Answer> {
    return await this.answerOf(await this.go(`/portal/api/${path}`));
  }

  // A state change as the pages make it. The CSRF token is fetched when there is none or the old one is over.
  async call(method: string, path: string, body: Json = {}): Promise<Answer> {
    for (const isRetry of [false, true]) {
      if (this.csrf === "" || isRetry) this.csrf = String((await this.get("session")).body["csrf"]);
      const headers = { "content-type": "application/json", origin: this.issuer, "x-csrf-token": this.csrf };
      const answer = await this.answerOf(await this.go(`/portal/api/${path}`, { method, headers, body: JSON.stringify(body) }));
      if (answer.status !== 403 || answer.body["error"] !== "csrf" || isRetry) return answer;
    }
    throw new Error("not reached");
  }

  async post(path: string, body: Json = {}): Promise<Answer> {
    return await this.call("POST", path, body);
  }

  private async answerOf(response: Response): Promise<Answer> {
    const text = await response.text();
    try {
      return { status: response.status, body: JSON.parse(text || "{}") as Json, headers: response.headers };
    } catch {
      throw new Error(`not JSON: ${response.status} ${text.slice(0, 200)}`);
    }
  }

  // Registers, follows the mail's link, and is signed in.
  async register(email: string, password: string, sink: MailSink): Promise<void> {
    const asked = await this.post("register", { email, password, name: "Ada" });
    assert.equal(asked.status, 202, JSON.stringify(asked.body));
    const mail = await sink.waitFor(email, /verify-email#token=/);
    const token = /verify-email#token=([\w-]+)/.exec(mail.text)?.[1] ?? "";
    const verified = await this.post("verify-email", { token });
    assert.equal(verified.status, 200, JSON.stringify(verified.body));
    this.csrf = ""; // bound to the session cookie, which is new
  }

  async signIn(email: string, password: string): Promise<void> {
    const answer = await this.post("sign-in", { email, password });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    this.csrf = "";
  }

  // Where an authorization request leads: back to the client at once, to the question, or to the error page.
  async open(authorizationUrl: string): Promise<{ redirect?: URL; request?: string; error?: URL }> {
    let url = new URL(authorizationUrl);
    for (let hop = 0; hop < MAX_HOPS; ++hop) {
      const response = await this.go(url.href);
      await response.body?.cancel();
      const location = response.headers.get("location");
      if (location === null) throw new Error(`no redirect: ${response.status} of ${url.href}`);
      url = new URL(location, url);
      if (url.origin !== new URL(this.issuer).origin) return { redirect: url };
      if (url.pathname === "/consent") return { request: url.searchParams.get("request") ?? "" };
      if (url.pathname === "/error") return { error: url };
    }
    throw new Error("redirects without end");
  }

  async question(request: string): Promise<Question> {
    const answer = await this.get(`authorization/${request}`);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body as unknown as Question;
  }

  async decide(request: string, decision: "approve" | "deny", more: Json = {}): Promise<URL> {
    const answer = await this.post(`authorization/${request}`, { decision, ...more });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return new URL(String(answer.body["redirect"]));
  }

  // The whole way of somebody who is signed in and says yes (or no) when asked, with the first AI there is.
  async authorize(authorizationUrl: string, decision: "approve" | "deny" = "approve", more: Json = {}): Promise<URL> {
    const opened = await this.open(authorizationUrl);
    if (opened.redirect !== undefined) return opened.redirect;
    if (opened.request === undefined) throw new Error(`refused: ${opened.error?.href ?? ""}`);
    const ai = (await this.question(opened.request)).ai?.[0]?.id;
    return await this.decide(opened.request, decision, { ...(ai === undefined ? {} : { ai }), ...more });
  }

  // A ChatGPT plan, by device code at the emulator.
  async connectAi(emulator: Emulator): Promise<void> {
    const started = await this.post("account/ai", { provider: "openai" });
    assert.equal(started.status, 201, JSON.stringify(started.body));
    await approve(emulator.origin, String(started.body["user_code"]));
    for (let i = 0; i < 100; ++i) {
      const state = (await this.get(`account/ai/${String(started.body["id"])}`)).body["status"];
      if (state === "complete") return;
      assert.equal(state, "pending");
      await sleep(100);
    }
    assert.fail("the sign-in never completed");
  }

  // Types a device's code in and answers.
  async approveDevice(userCode: string, decision: "approve" | "deny" = "approve"): Promise<Question> {
    const asked = await this.post("device", { user_code: userCode });
    assert.equal(asked.status, 200, JSON.stringify(asked.body));
    const question = asked.body as unknown as Question;
    const answered = await this.post(`device/${question.request ?? ""}`, { decision });
    assert.equal(answered.status, 200, JSON.stringify(answered.body));
    return question;
  }
}

// A port that was free a moment ago. The issuer names its port, so it must be known before the server is.
export async function freePort(): Promise<number> {
  const holder = net.createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const { port } = holder.address() as net.AddressInfo;
  await new Promise((closed) => holder.close(closed));
  return port;
}

export type OauthServer = {
  server: Valetkey;
  sink: MailSink;
  issuer: string;
  resource: string; // its own /mcp
  person: Browser; // registered and signed in
  email: string;
  password: string;
  stop: () => Promise<void>;
};

export type OauthSettings = { emulator?: Emulator; env?: Record<string, string> };

// The real server with a mail sink and one person on it.
export async function startOauthServer(settings: OauthSettings = {}): Promise<OauthServer> {
  const sink = await MailSink.start();
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const env = {
    AUTH_AI_PORT: String(port),
    VALETKEY_OAUTH_ISSUER: issuer,
    VALETKEY_MAIL_SMTP_URL: sink.smtpUrl,
    VALETKEY_MAIL_REQUIRE_TLS: "false",
    VALETKEY_SERVER_REGISTRATION_PER_MINUTE: "0",
    VALETKEY_SERVER_PORTAL_PER_MINUTE: "0",
    ...settings.env,
  };
  let server: Valetkey | undefined;
  const stop = async () => {
    await server?.stop();
    await sink.stop();
  };
  try {
    server = await Valetkey.start({ emulatorUrl: settings.emulator?.origin ?? "http://127.0.0.1:9", env });
    const person = new Browser(issuer);
    const email = `ada-${randomBytes(4).toString("hex")}@example.org`;
    const password = `a long sentence ${randomBytes(6).toString("hex")}`;
    await person.register(email, password, sink);
    return { server, sink, issuer, resource: `${issuer}/mcp`, person, email, password, stop };
  } catch (failed) {
    await stop();
    throw failed;
  }
}
