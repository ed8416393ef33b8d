// One person with a browser, and the real server with its mail.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import type { Browser, Page } from "playwright-core";
import { Emulator } from "../../integration/support/emulator.ts";
import { MailSink } from "../../integration/support/mail_sink.ts";
import { freePort } from "../../integration/support/oauth_client.ts";
import { Valetkey } from "../../integration/support/valetkey.ts";
import { launchBrowser, openPage } from "./browser.ts";

export class Visit {
  emulator!: Emulator;
  sink!: MailSink;
  server!: Valetkey;
  browser!: Browser;
  page!: Page;
  complaints: string[] = []; // errors of scripts, breaches of the CSP
  issuer = "";
  email = "ada@example.org";
  password = "a calm sentence about the sea";

  async start(): Promise<void> {
    [this.emulator, this.sink] = await Promise.all([Emulator.start(), MailSink.start()]);
    const port = await freePort();
    this.issuer = `http://localhost:${port}`; // passkeys need a name, not an address
    this.server = await Valetkey.start({
      emulatorUrl: this.emulator.origin,
      env: {
        AUTH_AI_PORT: String(port),
        VALETKEY_OAUTH_ISSUER: this.issuer,
        VALETKEY_MAIL_SMTP_URL: this.sink.smtpUrl,
        VALETKEY_MAIL_REQUIRE_TLS: "false",
        VALETKEY_MAIL_SINK_URL: this.sink.url.replace(/\/$/, ""),
        VALETKEY_SERVER_REGISTRATION_PER_MINUTE: "0",
        VALETKEY_SERVER_PORTAL_PER_MINUTE: "0",
      },
    });
    this.browser = await launchBrowser();
    const opened = await openPage(this.browser, { viewport: { width: 1100, height: 800 } });
    this.page = opened.page;
    this.complaints = opened.complaints;
  }

  async stop(): Promise<void> {
    await this.browser?.close();
    await this.server?.stop();
    await this.emulator?.stop();
    await this.sink?.stop();
  }

  go = (path: string) => this.page.goto(path.startsWith("http") ? path : this.issuer + path);
  heading = (name: string | RegExp) => this.page.getByRole("heading", { level: 1, name }).waitFor();
  click = (name: string | RegExp) => this.page.getByRole("button", { name }).first().click();
  fill = (label: string, value: string) => this.page.getByLabel(label, { exact: true }).fill(value);

  // The newest link of that kind that was mailed to the person, or to another address of theirs.
  async linkOfMail(path: string, to = this.email): Promise<string> {
    const mail = await this.sink.waitFor(to, new RegExp(`${path}#token=`));
    const link = new RegExp(`${this.issuer}${path}#token=[\\w-]+`).exec(mail.text)?.[0];
    assert.ok(link, mail.text);
    return link;
  }

  async register(): Promise<void> {
    await this.go("/register");
    await this.fill("E-mail", this.email);
    await this.fill("Name (optional)", "Ada");
    await this.fill("Password", this.password);
    await this.click("Create account");
    await this.heading("Check your mail");
    await this.go(await this.linkOfMail("/verify-email"));
    await this.heading("Your address is verified");
  }

  // On a page that shows the form.
  async signIn(password = this.password): Promise<void> {
    await this.fill("E-mail", this.email);
    await this.fill("Password", password);
    await this.page.getByRole("button", { name: "Sign in", exact: true }).click();
  }

  async signOut(): Promise<void> {
    await this.go("/account");
    await this.click("Sign out");
    await this.page.getByRole("link", { name: "Sign in" }).first().waitFor();
  }
}

// `begin` runs before the first test, when all is up.
export function useVisit(begin?: (visit: Visit) => Promise<void>): Visit {
  const visit = new Visit();
  before(async () => {
    await visit.start();
    await begin?.(visit);
  });
  after(() => visit.stop());
  return visit;
}
