// A person, their AI and an app go through everything that makes a secret; every one is remembered.
import assert from "node:assert/strict";
import { totp } from "../e2e/portal/totp.ts";
import type { Emulator } from "../integration/support/emulator.ts";
import { Secrets } from "../integration/support/needles.ts";
import { Browser, type OauthServer } from "../integration/support/oauth_client.ts";
import { MODELS } from "../integration/support/sign_in.ts";
import { askToken, basic, callTool, DEVICE_GRANT, freshCode, postForm, refreshForm, register, type Client, type Json, type Tokens, userinfo } from "./support.ts";

export class SecretsSession {
  readonly secrets = new Secrets();
  private readonly emulator: Emulator;
  private readonly house: OauthServer;

  constructor(emulator: Emulator, house: OauthServer) {
    this.emulator = emulator;
    this.house = house;
    this.secrets.add("password", house.password);
    for (const mail of house.sink.mails) this.secrets.add("mail token", /#token=([\w-]+)/.exec(mail.text)?.[1]);
  }

  private takeBrowser(browser: Browser): void {
    const { cookies, csrf } = browser.held();
    for (const cookie of cookies) this.secrets.add("cookie", cookie);
    this.secrets.add("CSRF token", csrf);
  }

  private takeTokens(body: Json): Tokens {
    const text = (name: string): string => String(body[name] ?? "");
    this.secrets.addToken("access token", text("access_token"));
    this.secrets.add("refresh token", text("refresh_token"));
    if (body["id_token"] !== undefined) this.secrets.addToken("ID token", text("id_token"));
    return { access: text("access_token"), refresh: text("refresh_token"), id: text("id_token") };
  }

  private async useAi(token: string): Promise<void> {
    const answer = await callTool(this.house.resource, { authorization: `Bearer ${token}` }, "ask", { model: MODELS.openai, prompt: "Say hello." });
    assert.equal(answer.status, 200, answer.text);
    for (const { headers } of await this.emulator.requests()) {
      for (const [name, value] of headers) {
        if (name.toLowerCase() === "authorization") this.secrets.addToken("the AI's access token", value.replace(/^\S+\s+/, ""));
      }
    }
  }

  async secondFactor(): Promise<void> {
    const { person, email, password } = this.house;
    const begun = await person.post("account/totp/begin");
    const secret = String(begun.body["secret"]);
    const done = await person.post("account/totp", { code: totp(secret, Date.now()) });
    assert.equal(done.status, 200, JSON.stringify(done.body));
    this.secrets.add("TOTP secret", secret);
    const codes = done.body["recovery_codes"] as string[];
    for (const code of codes) this.secrets.add("recovery code", code);
    const elsewhere = new Browser(this.house.issuer);
    assert.equal((await elsewhere.post("sign-in", { email, password })).body["second_factor"], "totp");
    this.takeBrowser(elsewhere);
    assert.equal((await elsewhere.post("sign-in/second-factor", { code: codes[0] })).status, 200);
    this.takeBrowser(elsewhere);
  }

  async newPassword(password: string): Promise<void> {
    this.secrets.add("password", password);
    const { person, password: current } = this.house;
    const changed = await person.post("account/password", { current, password });
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    this.takeBrowser(person);
  }

  // An app with a secret: code, tokens, rotation, a token that is refused, and a device.
  async app(): Promise<void> {
    const { issuer, resource } = this.house;
    const client = await register(issuer, { token_endpoint_auth_method: "client_secret_basic", grant_types: ["authorization_code", "refresh_token", DEVICE_GRANT] });
    this.secrets.add("client secret", client.secret);
    this.secrets.add("registration token", client.registrationToken);
    const code = await freshCode(this.house, client, { resource, scope: "openid email ai.use offline_access" });
    this.secrets.add("code", code.code);
    this.secrets.add("code verifier", code.code_verifier);
    const bought = await askToken(issuer, code, basic(client.id, client.secret));
    assert.equal(bought.status, 200, bought.text);
    const first = this.takeTokens(bought.body);
    const renewed = await askToken(issuer, refreshForm(client, first.refresh), basic(client.id, client.secret));
    assert.equal(renewed.status, 200, renewed.text);
    const tokens = this.takeTokens(renewed.body);
    await this.useAi(tokens.access);
    assert.equal((await userinfo(issuer, tokens.access)).status, 200);
    assert.equal((await userinfo(issuer, `${tokens.access.slice(0, -2)}AA`)).status, 401);
    for (const token of [tokens.access, tokens.refresh]) {
      assert.equal((await postForm(`${issuer}/oauth/introspect`, { token }, basic(client.id, client.secret))).body["active"], true);
    }
    assert.equal((await askToken(issuer, { ...code, code: `${code.code}x` }, basic(client.id, client.secret))).status, 400);
    await this.device(client);
    this.takeBrowser(this.house.person);
  }

  private async device(client: Client): Promise<void> {
    const { issuer, person } = this.house;
    const asked = await postForm(`${issuer}/oauth/device_authorization`, { client_id: client.id, scope: "openid" }, basic(client.id, client.secret));
    assert.equal(asked.status, 200, asked.text);
    const [deviceCode, userCode] = [String(asked.body["device_code"]), String(asked.body["user_code"])];
    this.secrets.add("device code", deviceCode);
    this.secrets.add("user code", userCode);
    await person.approveDevice(userCode);
    const bought = await askToken(issuer, { grant_type: DEVICE_GRANT, client_id: client.id, device_code: deviceCode }, basic(client.id, client.secret));
    assert.equal(bought.status, 200, bought.text);
    this.takeTokens(bought.body);
  }
}
