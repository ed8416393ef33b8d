// Takes every mail by SMTP on loopback and delivers none: for the tests, and for `./dev up`, where a page shows what came.
import { once } from "node:events";
import http from "node:http";
import net, { type AddressInfo } from "node:net";
import { readMail, type Mail } from "./mail_message.ts";
import { mailPage } from "./mail_page.ts";

export type { Mail } from "./mail_message.ts";

const MAX_MAILS = 500; // older ones are dropped
const MAX_MAIL_BYTES = 1024 * 1024;
const MAX_LINE_BYTES = 2048;

// Answers instead of taking the mail, for one command: "451 try later" to MAIL, RCPT or DATA.
export type Refusal = { command: string; answer: string };
type Waiting = { wanted: (mail: Mail) => boolean; found: (mail: Mail) => void };
export type WaitOptions = { after?: Mail; timeoutMs?: number };

export class MailSink {
  readonly mails: Mail[] = []; // oldest first
  refusals: Refusal[] = []; // each used once
  private waiting: Waiting[] = [];
  private count = 0;
  private readonly sockets = new Set<net.Socket>();
  private readonly smtp: net.Server;
  private readonly page: http.Server;

  private constructor() {
    this.smtp = net.createServer((socket) => this.converse(socket));
    this.page = http.createServer((request, response) => {
      const isList = request.url === "/mails.json";
      if (!isList && request.url !== "/") return void response.writeHead(404).end();
      response.setHeader("content-type", isList ? "application/json" : "text/html; charset=utf-8");
      response.setHeader("cache-control", "no-store");
      response.setHeader("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'");
      const newestFirst = [...this.mails].reverse();
      response.end(isList ? JSON.stringify(newestFirst) : mailPage(newestFirst));
    });
  }

  // Free ports unless they are named.
  static async start(ports: { smtp?: number; page?: number } = {}): Promise<MailSink> {
    const sink = new MailSink();
    sink.smtp.listen(ports.smtp ?? 0, "127.0.0.1");
    sink.page.listen(ports.page ?? 0, "127.0.0.1");
    await Promise.all([once(sink.smtp, "listening"), once(sink.page, "listening")]);
    return sink;
  }

  get smtpUrl(): string {
    return `smtp://127.0.0.1:${(this.smtp.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.page.address() as AddressInfo).port}/`;
  }

  // The newest mail to this address whose subject or text fits, or the next that comes.
  waitFor(to: string, pattern: RegExp, options: WaitOptions = {}): Promise<Mail> {
    const wanted = (mail: Mail): boolean =>
      mail.id > (options.after?.id ?? 0) && mail.to.includes(to.toLowerCase()) && pattern.test(`${mail.subject}\n${mail.text}`);
    const present = this.mails.findLast(wanted);
    if (present !== undefined) return Promise.resolve(present);
    return new Promise((resolve, reject) => {
      const entry: Waiting = {
        wanted,
        found: (mail) => {
          clearTimeout(timer);
          this.waiting = this.waiting.filter((other) => other !== entry);
          resolve(mail);
        },
      };
      const timer = setTimeout(() => {
        this.waiting = this.waiting.filter((other) => other !== entry);
        const seen = this.mails.map((mail) => `${mail.to.join(" ")}: ${mail.subject}`).join("\n");
        reject(new Error(`no mail to ${to} with ${pattern}; there are:\n${seen || "none"}`));
      }, options.timeoutMs ?? 10_000);
      this.waiting.push(entry);
    });
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.page.closeAllConnections();
    await Promise.all([this.smtp, this.page].map((server) => new Promise((resolve) => server.close(resolve))));
  }

  private take(envelope: { from: string; to: string[] }, raw: string): void {
    const mail = readMail(++this.count, envelope, raw);
    this.mails.push(mail);
    if (this.mails.length > MAX_MAILS) this.mails.shift();
    for (const entry of this.waiting.filter((each) => each.wanted(mail))) entry.found(mail);
  }

  private converse(socket: net.Socket): void {
    this.sockets.add(socket);
    socket.on("close", () => this.sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    const dialog = new Dialog((envelope, raw) => this.take(envelope, raw), (command) => this.refusalOf(command));
    socket.write("220 mail sink\r\n");
    let rest = "";
    socket.on("data", (bytes) => {
      rest += bytes.toString("latin1");
      const lines = rest.split("\r\n");
      rest = lines.pop() ?? "";
      if (rest.length > MAX_LINE_BYTES) return void socket.destroy();
      for (const line of lines) {
        const answer = dialog.answer(line);
        if (answer !== "") socket.write(`${answer}\r\n`);
        if (answer.startsWith("221")) socket.end();
      }
    });
  }

  private refusalOf(command: string): string | undefined {
    const index = this.refusals.findIndex((refusal) => refusal.command === command);
    return index < 0 ? undefined : this.refusals.splice(index, 1)[0]?.answer;
  }
}

// One connection's state (RFC 5321 section 4.1).
class Dialog {
  private readonly take: (envelope: { from: string; to: string[] }, raw: string) => void;
  private readonly refusal: (command: string) => string | undefined;
  private from: string | undefined;
  private to: string[] = [];
  private lines: string[] | undefined; // while DATA is under way
  private size = 0;

  constructor(take: (envelope: { from: string; to: string[] }, raw: string) => void, refusal: (command: string) => string | undefined) {
    this.take = take;
    this.refusal = refusal;
  }

  // Empty: nothing is said until the mail is whole.
  answer(line: string): string {
    if (this.lines !== undefined) return this.content(line);
    const command = (/^[A-Za-z]+/.exec(line)?.[0] ?? "").toUpperCase();
    const refused = this.refusal(command);
    if (refused !== undefined) return refused;
    switch (command) {
      case "EHLO":
        return `250-mail sink\r\n250-SIZE ${MAX_MAIL_BYTES}\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH PLAIN`;
      case "HELO":
      case "NOOP":
        return "250 ok";
      case "AUTH":
        return "235 welcome";
      case "RSET":
        this.reset();
        return "250 ok";
      case "MAIL":
        return this.sender(line);
      case "RCPT":
        return this.recipient(line);
      case "DATA":
        if (this.to.length === 0) return "503 to whom?";
        this.lines = [];
        return "354 go on";
      case "QUIT":
        return "221 bye";
      default:
        return "500 unknown command";
    }
  }

  private sender(line: string): string {
    const found = /^MAIL FROM:\s*<([^>]*)>/i.exec(line);
    if (found === null) return "501 MAIL FROM:<address>";
    this.reset();
    this.from = found[1] ?? "";
    return "250 ok";
  }

  private recipient(line: string): string {
    const found = /^RCPT TO:\s*<([^>]+)>/i.exec(line);
    if (this.from === undefined) return "503 from whom?";
    if (found === null) return "501 RCPT TO:<address>";
    this.to.push(Buffer.from(found[1] ?? "", "latin1").toString("utf8").toLowerCase());
    return "250 ok";
  }

  private content(line: string): string {
    if (line !== ".") {
      this.size += line.length + 2;
      if (this.size <= MAX_MAIL_BYTES) this.lines?.push(line.startsWith(".") ? line.slice(1) : line);
      return "";
    }
    const isTooLarge = this.size > MAX_MAIL_BYTES;
    const envelope = { from: this.from ?? "", to: this.to };
    const raw = (this.lines ?? []).join("\r\n");
    this.reset();
    if (isTooLarge) return "552 too large";
    this.take(envelope, raw);
    return "250 taken";
  }

  private reset(): void {
    this.from = undefined;
    this.to = [];
    this.lines = undefined;
    this.size = 0;
  }
}
