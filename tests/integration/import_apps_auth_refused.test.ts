// What is no apps auth server's file, or is a broken one, is refused by name, and nothing of it stays behind.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { DatabaseSync } from "node:sqlite";
import { SeedKey, writeSeedDatabase } from "./support/apps_auth_seed.ts";
import { ENGINES, House, IMPORTED } from "./support/import_house.ts";

const key = new SeedKey();

function write(path: string, text: string): string {
  writeFileSync(path, text);
  return path;
}

const ecKey = (): string =>
  JSON.stringify({
    privateKey: generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }),
    kid: "ec",
  });

// The beginning is whole, so that it opens; its last half is gone.
function halfADatabase(directory: string): string {
  const path = writeSeedDatabase(directory, "half.db");
  const database = new DatabaseSync(path);
  const insert = database.prepare("INSERT INTO users (uuid, email, password_hash) VALUES (?, ?, '$2b$12$x')");
  database.exec("BEGIN");
  for (let i = 0; i < 2000; i++) insert.run(`user-${String(i).padStart(5, "0")}`, `user${i}@example.org`);
  database.exec("COMMIT; PRAGMA journal_mode = DELETE");
  database.close();
  truncateSync(path, Math.floor(readFileSync(path).length / 2));
  return path;
}

for (const engine of ENGINES) {
  describe(`a broken import into ${engine}`, () => {
    let house: House;
    before(async () => {
      house = await House.make(engine);
    });
    after(async () => await house?.stop());

    // The file's name is in the one sentence that is said, and the store holds nothing.
    async function assertRefused(words: string[], name: string, why = /./): Promise<void> {
      const done = await house.migrate(...words);
      assert.notEqual(done.code, 0, `${name}: ${done.stdout}`);
      assert.equal(done.stderr.trim().split("\n").length, 1, done.stderr);
      assert.ok(done.stderr.includes(name), `${name}: ${done.stderr}`);
      assert.match(done.stderr, why);
      assert.doesNotMatch(done.stdout, /imported/);
      for (const table of IMPORTED) assert.equal(house.rows(table), "", `${name}: ${table}`);
    }

    test("a file that is not there, a folder, a text: none is a database", async () => {
      const { directory } = house;
      mkdirSync(join(directory, "folder.db"));
      write(join(directory, "text.db"), "users and clients".repeat(100));
      for (const name of ["missing.db", "folder.db", "text.db"]) await assertRefused(["--from-apps-auth", join(directory, name)], name);
    });

    test("another program's database: a table is missing, and the others are not copied", async () => {
      for (const table of ["users", "apps", "clients"]) {
        const name = `without_${table}.db`;
        await assertRefused(["--from-apps-auth", writeSeedDatabase(house.directory, name, table)], name, new RegExp(`no such table: ${table}`));
      }
    });

    test("a database that breaks off in the middle", async () => {
      await assertRefused(["--from-apps-auth", halfADatabase(house.directory)], "half.db");
    });

    test("a key file that is none keeps the people and clients out too", async () => {
      const { directory } = house;
      const seed = writeSeedDatabase(directory);
      const good = readFileSync(key.write(directory), "utf8");
      const broken: [string, string][] = [
        ["empty.json", ""], ["text.json", "not JSON"], ["list.json", "[]"], ["no_key.json", '{"kid":"k"}'], ["no_kid.json", good.replace(key.kid, "")],
        ["no_pem.json", '{"privateKey":"-----BEGIN PRIVATE KEY-----","kid":"k"}'], ["cut.json", good.slice(0, 2000)], ["ec.json", ecKey()],
        ["long.json", good + " ".repeat(70_000)],
      ];
      for (const [name, text] of broken) await assertRefused(["--from-apps-auth", seed, "--jwks", write(join(directory, name), text)], name);
      await assertRefused(["--from-apps-auth", seed, "--jwks", join(directory, "missing.json")], "missing.json");
      await assertRefused(["--jwks", join(directory, "text.json")], "text.json");
    });

    test("after all that the whole ones go in", async () => {
      const seed = join(house.directory, "copy.db");
      copyFileSync(writeSeedDatabase(house.directory, "again.db"), seed);
      const done = await house.migrate("--from-apps-auth", seed, "--jwks", key.write(house.directory));
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, /users imported: 2\nclients imported: 2\nsigning key imported\n/);
      rmSync(seed);
    });
  });
}
