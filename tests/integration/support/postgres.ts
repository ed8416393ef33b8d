// A PostgreSQL of our own: in a temporary directory, on a Unix socket there, gone with the test.
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const INSTALLED = "/usr/lib/postgresql";

function programs(): string {
  const chosen = process.env["VALETKEY_POSTGRES_BIN"];
  if (chosen !== undefined) return chosen;
  const versions = existsSync(INSTALLED) ? readdirSync(INSTALLED) : [];
  const newest = versions.filter((version) => existsSync(join(INSTALLED, version, "bin/initdb"))).sort((a, b) => Number(b) - Number(a))[0];
  if (newest === undefined) throw new Error("PostgreSQL is not installed (Debian: postgresql)");
  return join(INSTALLED, newest, "bin");
}

// It refuses to run as root.
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

export class Postgres {
  readonly directory: string;
  private readonly child: ChildProcess;

  private constructor(directory: string, child: ChildProcess) {
    this.directory = directory;
    this.child = child;
  }

  static async start(): Promise<Postgres> {
    const directory = mkdtempSync(join(tmpdir(), "valetkey-pg-"));
    const user = unprivileged();
    if (user !== undefined) chownSync(directory, user.uid, user.gid);
    const data = join(directory, "data");
    const options = { cwd: directory, env: { PATH: process.env["PATH"] ?? "" }, ...user };
    execFileSync(join(programs(), "initdb"), ["-D", data, "-U", "valetkey", "-A", "trust", "--no-sync", "--locale=C", "--encoding=UTF8"], {
      ...options,
      stdio: "ignore",
    });
    const settings = ["listen_addresses=", "fsync=off", "full_page_writes=off", "shared_buffers=16MB", "log_min_messages=fatal"];
    const child = spawn(join(programs(), "postgres"), ["-D", data, "-k", directory, ...settings.flatMap((setting) => ["-c", setting])], {
      ...options,
      stdio: "ignore",
    });
    const server = new Postgres(directory, child);
    await server.ready();
    return server;
  }

  private async ready(): Promise<void> {
    for (let attempt = 0; attempt < 600; attempt++) {
      try {
        this.run("postgres", "SELECT 1");
        return;
      } catch {
        await sleep(100);
      }
    }
    await this.stop();
    throw new Error("PostgreSQL did not start in a minute");
  }

  url(database: string): string {
    return `postgresql:///${database}?host=${this.directory}&user=valetkey`;
  }

  // Runs SQL; one line per row, fields separated by |.
  run(database: string, sql: string): string {
    return execFileSync(join(programs(), "psql"), ["-qAt", "-v", "ON_ERROR_STOP=1", "-d", this.url(database), "-c", sql], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  }

  createDatabase(name: string): string {
    this.run("postgres", `CREATE DATABASE ${name}`);
    return this.url(name);
  }

  // Everything the database keeps on disk, the write-ahead log included.
  bytes(): Buffer {
    this.run("postgres", "CHECKPOINT");
    const files = readdirSync(join(this.directory, "data"), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return Buffer.concat(files.map((entry) => readFileSync(join(entry.parentPath, entry.name))));
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, "exit");
      this.child.kill("SIGINT");
      await ended;
    }
    rmSync(this.directory, { recursive: true, force: true });
  }
}
