// A store of either engine with the real binary over it: to import into, to look at, and to serve from.
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { freePort } from "./oauth_client.ts";
import { Postgres } from "./postgres.ts";
import { Valetkey } from "./valetkey.ts";

export const ENGINES = ["SQLite", "PostgreSQL"] as const;
export type Engine = (typeof ENGINES)[number];
export type Ended = { code: number; stdout: string; stderr: string };

// The tables that an import writes to.
export const IMPORTED = ["persons", "oauth_clients", "oauth_resources", "signing_keys"];

const binary = resolve(process.env["VALETKEY_BIN"] ?? "build/release/valetkey");
const DATABASE = "house";
const NO_UPSTREAM = "http://127.0.0.1:9";

export class House {
  readonly directory = mkdtempSync(join(tmpdir(), "valetkey-import-"));
  readonly issuer: string;
  private readonly secrets = { jwt: randomBytes(32).toString("hex"), identity: randomBytes(32).toString("hex") };
  private readonly postgres: Postgres | undefined;
  private server: Valetkey | undefined;

  private constructor(issuer: string, postgres: Postgres | undefined) {
    this.issuer = issuer;
    this.postgres = postgres;
    postgres?.createDatabase(DATABASE);
  }

  static async make(engine: Engine): Promise<House> {
    return new House(`http://127.0.0.1:${await freePort()}`, engine === "PostgreSQL" ? await Postgres.start() : undefined);
  }

  private settings(): Record<string, string> {
    return {
      AUTH_AI_PORT: new URL(this.issuer).port,
      AUTH_AI_DB_URL: this.postgres?.url(DATABASE) ?? this.path(),
      VALETKEY_OAUTH_ISSUER: this.issuer,
      VALETKEY_SERVER_OAUTH_PER_MINUTE: "0",
      VALETKEY_SERVER_RATE_LIMIT_PER_MINUTE: "0",
      VALETKEY_SERVER_PORTAL_PER_MINUTE: "0",
    };
  }

  private path(): string {
    return join(this.directory, "house.db");
  }

  migrate(...words: string[]): Promise<Ended> {
    const env = Valetkey.environment({ emulatorUrl: NO_UPSTREAM, env: this.settings() }, this.directory, this.secrets);
    return new Promise((ended) => {
      const child = execFile(binary, ["migrate", ...words], { cwd: this.directory, env, timeout: 60_000 }, (_failure, stdout, stderr) => {
        ended({ code: child.exitCode ?? -1, stdout, stderr });
      });
    });
  }

  async serve(): Promise<void> {
    const { directory, secrets } = this;
    this.server = await Valetkey.start({ emulatorUrl: NO_UPSTREAM, directory, secrets, env: this.settings() });
  }

  // Every row of a table, as text to compare and to search.
  rows(table: string): string {
    if (this.postgres !== undefined) return this.postgres.run(DATABASE, `SELECT * FROM ${table} ORDER BY 1`);
    const database = new DatabaseSync(this.path(), { readOnly: true });
    try {
      return database.prepare(`SELECT * FROM ${table} ORDER BY 1`).all().map((row) => JSON.stringify(row)).join("\n");
    } finally {
      database.close();
    }
  }

  async stop(): Promise<void> {
    await this.server?.stop();
    await this.postgres?.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
