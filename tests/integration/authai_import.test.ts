// An AuthAI installation moved over: its database imported by the real command, its JWTs still good, its .env read as it is.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { createCipheriv, createHmac, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { bearer, chat, userOf, whoami } from "./support/answers.ts";
import { Emulator, type IssuedTokens } from "./support/emulator.ts";
import { signPass } from "./support/passes.ts";
import { Postgres } from "./support/postgres.ts";
import { MODELS, pollUntilDone, startSignIn, type Provider } from "./support/sign_in.ts";
import { Valetkey, type LogLine } from "./support/valetkey.ts";

const binary = resolve(process.env["VALETKEY_BIN"] ?? "build/release/valetkey");
const PROVIDERS = ["openai", "xai", "github"] as const;
const CLIENTS: Record<Provider, string> = {
  openai: "app_EMoamEEZ73f0CkXaXp7hrann",
  xai: "b1a00492-073a-47ea-816f-4c329264a828",
  github: "Iv1.b507a08c87ecfe98",
};
const DAY = 86_400_000;
const secrets = { jwt: randomBytes(32).toString("hex"), identity: randomBytes(32).toString("hex") };

type Stored = { id: string; iv: Buffer; blob: Buffer; hash: string; created: number; updated: number; expires: number };
type Old = { row: Stored; provider: Provider; email: string; user: string; v1: string; v2: string; v3: string };

let emulator: Emulator;
let directory: string;
let number = 0;

before(async () => {
  emulator = await Emulator.start();
});
after(async () => {
  await emulator.stop();
});
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "valetkey-authai-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const hashOf = (provider: Provider, account: string): string =>
  createHmac("sha256", Buffer.from(secrets.identity, "hex")).update(`${provider}\0${account}`).digest("base64url");

// Where AuthAI finds the account of a Grok user.
function subjectOf(accessToken: string): string {
  const claims = JSON.parse(Buffer.from(accessToken.split(".")[1] ?? "", "base64url").toString()) as { sub: string };
  return claims.sub;
}

// A sign-in as AuthAI stores it, and the JWTs that it and its older version gave out for it.
async function authaiSignIn(provider: Provider, rowExpires = Date.now() + 30 * DAY): Promise<Old> {
  const email = `old${++number}@example.com`;
  const tokens: IssuedTokens = await emulator.issueTokens({ issuer: provider, email, client_id: CLIENTS[provider] });
  const account = provider === "xai" ? subjectOf(tokens.access_token) : tokens.account_id;
  const now = Date.now();
  const record = {
    provider,
    access: tokens.access_token,
    refresh: tokens.refresh_token,
    expires: now + (tokens.expires_in > 0 ? tokens.expires_in * 1000 : 365 * DAY),
    accountId: account,
    originator: "my-authai",
  };
  const key = randomBytes(32);
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  const blob = Buffer.concat([cipher.update(JSON.stringify(record)), cipher.final(), cipher.getAuthTag()]);
  const id = "01JZZZZZZZZZZZZZZZZZZZ" + String(number).padStart(4, "0");
  const seconds = Math.floor(now / 1000);
  const common = { rid: id, k: key.toString("base64url") };
  const times = { iat: seconds, exp: seconds + 1_209_600 };
  return {
    row: { id, iv, blob, hash: hashOf(provider, account), created: now, updated: now, expires: rowExpires },
    provider,
    email,
    user: hashOf(provider, account),
    v1: signPass({ v: 1, ...common, ...times }, secrets.jwt),
    v2: signPass({ v: 2, ...common, prov: provider, ...times }, secrets.jwt),
    v3: signPass({ v: 3, ...common, prov: provider, ...times }, secrets.jwt),
  };
}

function sqliteSource(olds: Old[]): string {
  const path = join(directory, "authai.db");
  const database = new DatabaseSync(path);
  database.exec(`PRAGMA journal_mode = WAL;
    CREATE TABLE auth_records (id TEXT PRIMARY KEY, iv BLOB NOT NULL, blob BLOB NOT NULL, account_id_hash TEXT NOT NULL,
      created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, expires_at INTEGER NOT NULL);
    CREATE UNIQUE INDEX auth_records_by_account ON auth_records (account_id_hash);
    CREATE INDEX auth_records_by_expires ON auth_records (expires_at)`);
  const insert = database.prepare("INSERT INTO auth_records VALUES (?, ?, ?, ?, ?, ?, ?)");
  for (const { row } of olds) insert.run(row.id, row.iv, row.blob, row.hash, row.created, row.updated, row.expires);
  database.close();
  return path;
}

type Ended = { code: number; stdout: string; stderr: string };

function run(words: string[], env: Record<string, string>): Promise<Ended> {
  return new Promise((ended) => {
    const options = { cwd: directory, env: { PATH: process.env["PATH"] ?? "", ...env }, timeout: 20_000 };
    const child = execFile(binary, words, options, (_failure, stdout, stderr) => {
      ended({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

const environment = () => Valetkey.environment({ emulatorUrl: emulator.origin }, directory, secrets);
const serve = () => Valetkey.start({ emulatorUrl: emulator.origin, directory, secrets });

async function migrate(source: string): Promise<number> {
  const done = await run(["migrate", "--from-authai", source], environment());
  assert.equal(done.code, 0, done.stderr);
  const told = /sign-ins imported: (\d+)/.exec(done.stdout);
  assert.ok(told !== null, done.stdout);
  return Number(told[1]);
}

async function assertWorks(server: Valetkey, old: Old, pass: string): Promise<void> {
  const who = await whoami(server.url, pass);
  assert.equal(who.status, 200);
  const { user } = (await who.json()) as { user: unknown };
  assert.deepEqual(user, { id: old.user, provider: old.provider }, "the user keeps the id");
  const models = await fetch(`${server.url}/v1/models`, { headers: bearer(pass) });
  const listed = await models.text();
  assert.equal(models.status, 200, listed);
  assert.ok((JSON.parse(listed) as { data: { id: string }[] }).data.some((model) => model.id === MODELS[old.provider]), listed);
  const answer = await chat(server.url, pass, MODELS[old.provider], "say exactly: moved over");
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  assert.ok(text.includes("moved over"), text);
}

describe("an AuthAI database moves over", () => {
  for (const provider of PROVIDERS) {
    test(`${provider}: whoami, models and chat with the old JWT, before and after a forced refresh`, async () => {
      const old = await authaiSignIn(provider);
      assert.equal(await migrate(sqliteSource([old])), 1);
      const server = await serve();
      try {
        await assertWorks(server, old, old.v2);
        if (provider === "github") return; // its token has no refresh
        const refreshesBefore = (await emulator.state()).tokens.refreshes;
        await emulator.invalidateAccessTokens(old.email);
        await assertWorks(server, old, old.v2);
        assert.equal((await emulator.state()).tokens.refreshes, refreshesBefore + 1);
        await assertWorks(server, old, old.v2);
      } finally {
        await server.stop();
      }
    });
  }

  test("a JWT of version 1, without provider, means openai", async () => {
    const old = await authaiSignIn("openai");
    const other = await authaiSignIn("xai");
    await migrate(sqliteSource([old, other]));
    const server = await serve();
    try {
      await assertWorks(server, old, old.v1);
      assert.equal((await whoami(server.url, other.v1)).status, 401, "an openai pass for a Grok record");
      assert.equal((await whoami(server.url, old.v3)).status, 401);
      await emulator.invalidateAccessTokens(old.email);
      await assertWorks(server, old, old.v1);
      await assertWorks(server, old, old.v2);
    } finally {
      await server.stop();
    }
  });

  test("a second run copies nothing, nor does it undo a refresh made since", async () => {
    const kept = await authaiSignIn("openai");
    const source = sqliteSource([kept, await authaiSignIn("xai")]);
    assert.equal(await migrate(source), 2);
    assert.equal(await migrate(source), 0);
    let server = await serve();
    try {
      await emulator.invalidateAccessTokens(kept.email);
      await assertWorks(server, kept, kept.v2);
    } finally {
      await server.stop();
    }
    assert.equal(await migrate(source), 0);
    server = await serve();
    try {
      await assertWorks(server, kept, kept.v2); // with the old pair of tokens it would not
      const database = new DatabaseSync(join(directory, "relay.db"), { readOnly: true });
      const count = database.prepare("SELECT count(*) AS n FROM credentials").get();
      database.close();
      assert.equal(count?.["n"], 2);
    } finally {
      await server.stop();
    }
  });

  test("expired rows and rows that are no sealed record stay behind", async () => {
    const old = await authaiSignIn("openai");
    const expired = await authaiSignIn("openai", Date.now() - 1000);
    const broken = await authaiSignIn("openai");
    broken.row.blob = Buffer.from("short");
    assert.equal(await migrate(sqliteSource([old, expired, broken])), 1);
    const server = await serve();
    try {
      await assertWorks(server, old, old.v2);
      for (const none of [expired, broken]) assert.equal((await whoami(server.url, none.v2)).status, 401);
    } finally {
      await server.stop();
    }
  });

  test("someone who signs in again is the same user, and the old JWT goes on", async () => {
    const old = await authaiSignIn("openai");
    assert.equal(await migrate(sqliteSource([old])), 1);
    const server = await serve();
    try {
      const started = await startSignIn(server.url, "openai");
      await emulator.approve(started.userCode, { email: old.email });
      const done = await pollUntilDone(server.url, started.sessionId);
      assert.equal(await userOf(server.url, done.jwt ?? ""), old.user);
      assert.equal(await userOf(server.url, old.v2), old.user);
    } finally {
      await server.stop();
    }
  });

  test("what was revoked since stays revoked when migrate runs again", async () => {
    const old = await authaiSignIn("openai");
    const source = sqliteSource([old]);
    await migrate(source);
    for (const expected of [204, 401]) {
      const server = await serve();
      try {
        const ended = await fetch(`${server.url}/auth/revoke`, { method: "POST", headers: bearer(old.v2) });
        assert.equal(ended.status, expected, "revoking it, once and again");
      } finally {
        await server.stop();
      }
      await migrate(source);
    }
  });

  test("revoking ends an imported sign-in", async () => {
    const old = await authaiSignIn("openai");
    await migrate(sqliteSource([old]));
    const server = await serve();
    try {
      const ended = await fetch(`${server.url}/auth/revoke`, { method: "POST", headers: bearer(old.v2) });
      assert.equal(ended.status, 204);
      assert.equal((await whoami(server.url, old.v2)).status, 401);
      assert.equal((await chat(server.url, old.v2, "gpt-5.5")).status, 401);
    } finally {
      await server.stop();
    }
  });

  test("a source that is none is told, and the exit code says so", async () => {
    const path = join(directory, "empty.db");
    new DatabaseSync(path).close();
    const done = await run(["migrate", "--from-authai", path], environment());
    assert.notEqual(done.code, 0);
    assert.match(done.stderr, /auth_records/);
  });

  test("from PostgreSQL", async () => {
    const postgres = await Postgres.start();
    try {
      const url = postgres.createDatabase("authai");
      postgres.run("authai", `CREATE TABLE auth_records (id TEXT PRIMARY KEY, iv BYTEA NOT NULL, blob BYTEA NOT NULL, account_id_hash TEXT NOT NULL,
        app_id TEXT, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, expires_at BIGINT NOT NULL);
        CREATE UNIQUE INDEX auth_records_by_account ON auth_records (COALESCE(app_id, ''), account_id_hash)`);
      const olds = [await authaiSignIn("openai"), await authaiSignIn("xai")];
      for (const { row } of olds) {
        const bytes = (data: Buffer) => `decode('${data.toString("hex")}', 'hex')`;
        postgres.run("authai", `INSERT INTO auth_records VALUES ('${row.id}', ${bytes(row.iv)}, ${bytes(row.blob)}, '${row.hash}', NULL,
          ${row.created}, ${row.updated}, ${row.expires})`);
      }
      assert.equal(await migrate(url), 2);
      assert.equal(await migrate(url), 0);
      const server = await serve();
      try {
        for (const old of olds) {
          await assertWorks(server, old, old.v2);
          await emulator.invalidateAccessTokens(old.email);
          await assertWorks(server, old, old.v2);
        }
      } finally {
        await server.stop();
      }
    } finally {
      await postgres.stop();
    }
  });
});

const fiveLines = (change: Record<string, string> = {}): string =>
  Object.entries({
    AUTH_AI_JWT_SECRET: secrets.jwt,
    AUTH_AI_IDENTITY_SECRET: secrets.identity,
    AUTH_AI_ORIGINATOR: "my-authai",
    AUTH_AI_DB_URL: "./relay.db",
    AUTH_AI_PORT: "0",
    ...change,
  })
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");

describe("an AuthAI .env", () => {
  test("its five lines and the providers line start the server, with nothing in the environment", async () => {
    writeFileSync(join(directory, ".env"), fiveLines() + "VALETKEY_PROVIDERS=openai,xai,github\nVALETKEY_SERVER_ADMIN_PORT=0\n");
    const child = spawn(binary, ["serve"], { cwd: directory, env: {}, stdio: ["ignore", "ignore", "pipe"] });
    try {
      child.stderr.setEncoding("utf8");
      let text = "";
      const listening = await new Promise<LogLine>((found, failed) => {
        child.once("exit", (code) => failed(new Error(`ended with ${code}: ${text}`)));
        child.stderr.on("data", (piece: string) => {
          text += piece;
          const line = text.split("\n").slice(0, -1).find((each) => each.includes('"listening"'));
          if (line !== undefined) found(JSON.parse(line) as LogLine);
        });
      });
      assert.equal(listening["store"], "sqlite");
      const url = `http://127.0.0.1:${String(listening["port"])}`;
      assert.equal(await (await fetch(url)).text(), '{"ok":true,"service":"authai-relay"}');
      const { providers } = (await (await fetch(`${url}/auth/providers`)).json()) as { providers: { id: string }[] };
      assert.deepEqual(providers.map(({ id }) => id), ["openai", "xai", "github"]);
      assert.ok(!text.includes(secrets.jwt) && !text.includes(secrets.identity), "no secret in the log");
    } finally {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      assert.deepEqual(await ended, [0, null]);
    }
  });

  const refusals: { name: string; change: Record<string, string>; said: RegExp }[] = [
    { name: "a short JWT secret", change: { AUTH_AI_JWT_SECRET: "ab".repeat(31) }, said: /\.env:1 AUTH_AI_JWT_SECRET: secrets\.jwt: .*31 bytes/ },
    { name: "a short identity secret", change: { AUTH_AI_IDENTITY_SECRET: "ab".repeat(16) }, said: /\.env:2 AUTH_AI_IDENTITY_SECRET: secrets\.identity: .*16 bytes/ },
    { name: "a secret that is no hex", change: { AUTH_AI_JWT_SECRET: "g".repeat(64) }, said: /\.env:1 AUTH_AI_JWT_SECRET: secrets\.jwt: .*hex/ },
    { name: "equal secrets", change: { AUTH_AI_IDENTITY_SECRET: secrets.jwt }, said: /\.env:2 AUTH_AI_IDENTITY_SECRET: secrets\.identity: .*same as secrets\.jwt/ },
    { name: "no originator", change: { AUTH_AI_ORIGINATOR: "" }, said: /originator: missing; set AUTH_AI_ORIGINATOR/ },
    { name: "no JWT secret", change: { AUTH_AI_JWT_SECRET: "" }, said: /secrets\.jwt: missing; set AUTH_AI_JWT_SECRET/ },
    { name: "no identity secret", change: { AUTH_AI_IDENTITY_SECRET: "" }, said: /secrets\.identity: missing; set AUTH_AI_IDENTITY_SECRET/ },
    { name: "a port that is none", change: { AUTH_AI_PORT: "70000" }, said: /\.env:5 AUTH_AI_PORT: server\.port: / },
  ];
  for (const { name, change, said } of refusals) {
    test(`${name}: refused, with key and place`, async () => {
      writeFileSync(join(directory, ".env"), fiveLines(change));
      for (const command of ["serve", "check-config"]) {
        const refused = await run([command], {});
        assert.ok(refused.code > 0, `${command} ended with ${refused.code}: ${refused.stderr}`);
        assert.match(refused.stderr, said, command);
        assert.ok(!refused.stderr.includes(secrets.jwt), "no secret is shown");
      }
    });
  }

  test("a mistake in the environment is told as the environment's", async () => {
    writeFileSync(join(directory, ".env"), fiveLines());
    const refused = await run(["serve"], { AUTH_AI_JWT_SECRET: "abcd" });
    assert.ok(refused.code > 0);
    assert.match(refused.stderr, /^AUTH_AI_JWT_SECRET: secrets\.jwt: .*2 bytes/);
  });
});
