// An installation of the apps auth server as it leaves its files: data/auth.db with its own tables, and data/jwks.json.
import { generateKeyPairSync, randomUUID, sign, type KeyObject } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export type SeedUser = { uuid: string; email: string; password: string; hash: string; name: string };
export type SeedClient = { id: string; secret: string; registrationToken: string; name: string; method: string; redirect: string };

const DAY = 86_400;
const issuedAt = Math.floor(Date.now() / 1000) - 30 * DAY;

export const SEED_RESOURCE = "https://example.com/mcp";
export const SEED_SCOPES = "openid profile email apps.basic apps.purchase";

// bcrypt, cost 12, with the prefix of each of the two libraries in use.
export const SEED_USERS: SeedUser[] = [
  { uuid: randomUUID(), email: "Ada@Example.org", password: "an old password of the seed", name: "Ada",
    hash: "$2b$12$abcdefghijklmnopqrstuui9V3ILYsgBHkjE5rgkL5GkkIYXIP7Be" },
  { uuid: randomUUID(), email: "bob@example.org", password: "another old password", name: "",
    hash: "$2a$12$zyxwvutsrqponmlkjihgfOnmsUokePN6WdSEiRvxgLKGfaT63vacm" },
];

export const SEED_CLIENTS: { open: SeedClient; secret: SeedClient } = {
  open: { id: randomUUID(), secret: "", registrationToken: "1a".repeat(32), name: "ChatGPT", method: "none",
    redirect: "https://chatgpt.com/connector_platform_oauth_redirect" },
  secret: { id: randomUUID(), secret: "2b".repeat(32), registrationToken: "3c".repeat(32), name: "Web", method: "client_secret_post",
    redirect: "https://app.example/callback" },
};

const TIMES = "created_at TEXT NOT NULL DEFAULT (datetime('now')), updated_at TEXT NOT NULL DEFAULT (datetime('now'))";
const USERS = `CREATE TABLE users (uuid TEXT PRIMARY KEY, email TEXT NOT NULL UNIQUE, password_hash TEXT NOT NULL, display_name TEXT, ${TIMES})`;
const APPS = `CREATE TABLE apps (uuid TEXT PRIMARY KEY, name TEXT NOT NULL, resource_uri TEXT NOT NULL UNIQUE, default_scopes TEXT NOT NULL, ${TIMES})`;
const CLIENTS = `CREATE TABLE clients (client_id TEXT PRIMARY KEY, client_secret TEXT, client_name TEXT, token_endpoint_auth_method TEXT NOT NULL,
  application_type TEXT NOT NULL, redirect_uris TEXT NOT NULL, grant_types TEXT NOT NULL, scope TEXT, app_uuid TEXT REFERENCES apps (uuid) ON DELETE CASCADE,
  registration_access_token TEXT, registration_client_uri TEXT, client_id_issued_at INTEGER NOT NULL, client_secret_expires_at INTEGER NOT NULL, ${TIMES})`;
const CODES = `CREATE TABLE authorization_codes (code TEXT PRIMARY KEY, user_uuid TEXT NOT NULL, client_id TEXT NOT NULL, redirect_uri TEXT NOT NULL,
  scope TEXT NOT NULL, code_challenge TEXT NOT NULL, code_challenge_method TEXT NOT NULL, resource TEXT NOT NULL, expires_at INTEGER NOT NULL,
  consumed INTEGER NOT NULL DEFAULT 0, ${TIMES})`;
const tokens = (name: string): string => `CREATE TABLE ${name} (token TEXT PRIMARY KEY, user_uuid TEXT NOT NULL, client_id TEXT NOT NULL,
  scope TEXT NOT NULL, resource TEXT NOT NULL, expires_at INTEGER NOT NULL, ${TIMES})`;

function insertClient(database: DatabaseSync, app: string, client: SeedClient): void {
  const insert = database.prepare(`INSERT INTO clients (client_id, client_secret, client_name, token_endpoint_auth_method, application_type, redirect_uris,
    grant_types, scope, app_uuid, registration_access_token, registration_client_uri, client_id_issued_at, client_secret_expires_at)
    VALUES (?, ?, ?, ?, 'web', ?, ?, ?, ?, ?, ?, ?, ?)`);
  const isOpen = client.secret === "";
  insert.run(
    client.id, isOpen ? null : client.secret, client.name, client.method, JSON.stringify([client.redirect]),
    JSON.stringify(["authorization_code", "refresh_token"]), SEED_SCOPES, app, client.registrationToken,
    `http://localhost:4000/oauth/client/${client.id}`, issuedAt, isOpen ? 0 : issuedAt + DAY,
  );
}

// Gives the file's path. A table that is left out makes the file a broken one.
export function writeSeedDatabase(directory: string, name = "auth.db", leftOut = ""): string {
  const path = join(directory, name);
  const database = new DatabaseSync(path);
  const app = randomUUID();
  database.exec("PRAGMA journal_mode = WAL");
  for (const table of [USERS, APPS, CLIENTS, CODES, tokens("access_tokens"), tokens("refresh_tokens")]) database.exec(table);
  const user = database.prepare("INSERT INTO users (uuid, email, password_hash, display_name) VALUES (?, ?, ?, ?)");
  for (const each of SEED_USERS) user.run(each.uuid, each.email.toLowerCase(), each.hash, each.name === "" ? null : each.name);
  database
    .prepare("INSERT INTO apps (uuid, name, resource_uri, default_scopes) VALUES (?, 'Primary OpenAI Apps Connector', ?, ?)")
    .run(app, SEED_RESOURCE, SEED_SCOPES);
  for (const client of [SEED_CLIENTS.open, SEED_CLIENTS.secret]) insertClient(database, app, client);
  if (leftOut !== "") database.exec(`PRAGMA foreign_keys = OFF; DROP TABLE ${leftOut}`);
  database.close();
  return path;
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

// The key of data/jwks.json, and what that server signs with it.
export class SeedKey {
  readonly kid = randomUUID();
  readonly publicKey: KeyObject;
  private readonly privateKey: KeyObject;

  constructor() {
    ({ publicKey: this.publicKey, privateKey: this.privateKey } = generateKeyPairSync("rsa", { modulusLength: 4096 }));
  }

  write(directory: string, name = "jwks.json"): string {
    const path = join(directory, name);
    const privateKey = this.privateKey.export({ type: "pkcs8", format: "pem" });
    const publicKey = this.publicKey.export({ type: "spki", format: "pem" });
    writeFileSync(path, JSON.stringify({ privateKey, publicKey, alg: "RS256", kid: this.kid }));
    return path;
  }

  // Its header never had a `typ`; `header` may say one.
  sign(claims: object, header: object = {}): string {
    const signed = `${encoded({ alg: "RS256", kid: this.kid, ...header })}.${encoded(claims)}`;
    return `${signed}.${sign("RSA-SHA256", Buffer.from(signed), this.privateKey).toString("base64url")}`;
  }

  accessToken(issuer: string, user: SeedUser, client: SeedClient, resource = SEED_RESOURCE): string {
    const iat = Math.floor(Date.now() / 1000);
    const email = user.email.toLowerCase();
    return this.sign({ iss: issuer, sub: user.uuid, aud: resource, azp: client.id, scope: SEED_SCOPES, email, iat, exp: iat + 3600 });
  }
}
