// ./dev up: the emulator, a mail sink and the server, one sign-in and one streamed answer to see that it works; then it
// serves until Ctrl-C. Everything it keeps (database, generated secrets) is in build/dev, or in $DEV_DIRECTORY.
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import OpenAI from "openai";
import { Emulator } from "../tests/integration/support/emulator.ts";
import { MailSink } from "../tests/integration/support/mail_sink.ts";
import { signIn } from "../tests/integration/support/sign_in.ts";
import { Valetkey, type LogLine } from "../tests/integration/support/valetkey.ts";

process.chdir(join(import.meta.dirname, ".."));
const directory = process.env["DEV_DIRECTORY"] ?? join(process.cwd(), "build/dev");
const port = process.env["PORT"] ?? "3000";

function keptSecrets(): { jwt: string; identity: string } {
  const file = join(directory, "secrets.json");
  if (!existsSync(file)) {
    const fresh = { jwt: randomBytes(32).toString("hex"), identity: randomBytes(32).toString("hex") };
    writeFileSync(file, JSON.stringify(fresh), { mode: 0o600 });
  }
  return JSON.parse(readFileSync(file, "utf8"));
}

async function streamAnswer(client: OpenAI): Promise<void> {
  const models = await client.models.list();
  const model = models.data[0]?.id;
  if (model === undefined) throw new Error("the server lists no model");
  console.log(`\nasking ${model} (${models.data.length} models):\n`);
  const stream = await client.chat.completions.create({
    model,
    messages: [{ role: "user", content: "Say in one sentence what a valet key is." }],
    stream: true,
  });
  for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? "");
  console.log("\n");
}

mkdirSync(directory, { recursive: true });
const stopped = new Promise<void>((resolve) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve());
});

const emulator = await Emulator.start();
const mail = await MailSink.start();
let server: Valetkey | undefined;
try {
  server = await Valetkey.start({
    emulatorUrl: emulator.origin,
    directory,
    secrets: keptSecrets(),
    env: {
      AUTH_AI_PORT: port,
      AUTH_AI_ORIGINATOR: "valetkey-dev",
      VALETKEY_SERVER_WORKERS: "0",
      VALETKEY_MAIL_SMTP_URL: mail.smtpUrl,
      VALETKEY_MAIL_REQUIRE_TLS: "false",
      VALETKEY_MAIL_SINK_URL: new URL(mail.url).origin,
      VALETKEY_OAUTH_FETCH_ALLOW_LOOPBACK: "true",
    },
  });
  const ended = server.waitForLog((line: LogLine) => line.event === "stopped", 2 ** 31 - 1).catch(() => undefined);
  const pass = await signIn(server.url, emulator.origin, "openai");
  console.log(`signed in at ${server.url}; the provider is the emulator at ${emulator.origin}`);
  await streamAnswer(new OpenAI({ apiKey: pass, baseURL: `${server.url}/v1` }));
  console.log(`any OpenAI client may now use it:\n  baseURL ${server.url}/v1\n  apiKey  ${pass}\n`);
  console.log(`the portal, to register, sign in and connect apps:\n  http://localhost:${port}\n  its mail is at ${mail.url}\n`);
  console.log(`any MCP client may connect to http://localhost:${port}/mcp\n`);
  console.log(`serving on ${server.url}, metrics on ${server.adminUrl}/metrics; Ctrl-C ends it`);
  await Promise.race([stopped, ended]);
} finally {
  await server?.stop();
  await mail.stop();
  await emulator.stop();
}
process.exit(0);
