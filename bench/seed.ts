// Ten thousand stored sign-ins, made the way an AuthAI database would hold them and imported by the real command.
import { execFileSync } from "node:child_process";
import { createCipheriv, createHmac, randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export type Secrets = { jwt: string; identity: string };

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const ulid = (number: number): string => "01JZZZZZZZ" + [...randomBytes(12)].map((byte) => ALPHABET[byte & 31]).join("") + number.toString(32).padStart(4, "0").toUpperCase().replace(/[ILOU]/g, "Z");

function jwt(payload: object, secret: Buffer): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${encode({ alg: "HS256" })}.${encode(payload)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

// An access token of 1.6 KB that says it is good for a day.
function accessToken(): string {
  const claims = { exp: Math.floor(Date.now() / 1000) + 86_400, "https://api.openai.com/auth": { chatgpt_account_id: "acct" }, pad: "x".repeat(1_000) };
  return jwt(claims, randomBytes(32));
}

// Returns the passes, one a record.
export function seed(directory: string, count: number, secrets: Secrets, environment: Record<string, string>): string[] {
  const source = join(directory, "authai.db");
  rmSync(source, { force: true });
  const database = new DatabaseSync(source);
  database.exec(`CREATE TABLE auth_records (id TEXT PRIMARY KEY, iv BLOB NOT NULL, blob BLOB NOT NULL, account_id_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, expires_at INTEGER NOT NULL)`);
  const insert = database.prepare("INSERT INTO auth_records VALUES (?, ?, ?, ?, ?, ?, ?)");
  const passes: string[] = [];
  const now = Date.now();
  const day = 86_400_000;
  database.exec("BEGIN");
  for (let number = 0; number < count; number++) {
    const id = ulid(number);
    const key = randomBytes(32);
    const iv = randomBytes(12);
    const account = `acct-${number}`;
    const record = { provider: "openai", access: accessToken(), refresh: `rt-${number}`, expires: now + day, accountId: account, originator: "bench" };
    const cipher = createCipheriv("aes-256-gcm", key, iv);
    const blob = Buffer.concat([cipher.update(JSON.stringify(record)), cipher.final(), cipher.getAuthTag()]);
    const hash = createHmac("sha256", Buffer.from(secrets.identity, "hex")).update(`openai\0${account}`).digest("base64url");
    insert.run(id, iv, blob, hash, now, now, now + 30 * day);
    const seconds = Math.floor(now / 1000);
    passes.push(jwt({ v: 2, rid: id, k: key.toString("base64url"), prov: "openai", iat: seconds, exp: seconds + 1_209_600 }, Buffer.from(secrets.jwt, "hex")));
  }
  database.exec("COMMIT");
  database.close();
  execFileSync("build/release/valetkey", ["migrate", "--from-authai", source], { env: { ...process.env, ...environment }, stdio: "inherit" });
  return passes;
}
