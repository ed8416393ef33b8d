// An apps auth server moved over by the real command: its people, clients and apps go on, and its signing key stays known.
import assert from "node:assert/strict";
import { verify } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { askToken, assertRefused, freshCode, postForm, readJwt, refreshForm, send, userinfo, type Client, type Json, type Reply } from "../conformance/support.ts";
import { SEED_CLIENTS, SEED_RESOURCE, SEED_SCOPES, SEED_USERS, SeedKey, writeSeedDatabase, type SeedClient } from "./support/apps_auth_seed.ts";
import { ENGINES, House, IMPORTED } from "./support/import_house.ts";
import { Browser } from "./support/oauth_client.ts";

const [ada, bob] = SEED_USERS as [(typeof SEED_USERS)[0], (typeof SEED_USERS)[0]];
const key = new SeedKey();

for (const engine of ENGINES) {
  describe(`an apps auth server moves over to ${engine}`, () => {
    let house: House;
    let issuer = "";
    let source: string[] = [];

    before(async () => {
      house = await House.make(engine);
      issuer = house.issuer;
      source = ["--from-apps-auth", writeSeedDatabase(house.directory), "--jwks", key.write(house.directory)];
      const done = await house.migrate(...source);
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, /users imported: 2\nclients imported: 2\nsigning key imported\n/);
      await house.serve();
    });
    after(async () => await house?.stop());

    const clientOf = (seed: SeedClient): Client => ({ ...seed, registrationUri: `${issuer}/oauth/client/${seed.id}` });

    async function signedIn(user = ada): Promise<{ issuer: string; person: Browser }> {
      const person = new Browser(issuer);
      await person.signIn(user.email, user.password);
      return { issuer, person };
    }

    // By RFC 8414 and RFC 7517 alone, as every server that verifies does.
    async function publishedKeys(): Promise<Json[]> {
      const metadata = await send(`${issuer}/.well-known/oauth-authorization-server`);
      return (await send(String(metadata.body["jwks_uri"]))).body["keys"] as Json[];
    }

    function assertSignedBySeedKey(jwt: string): void {
      const [head = "", claims = "", signature = ""] = jwt.split(".");
      assert.equal(readJwt(jwt).header["kid"], key.kid);
      assert.ok(verify("RSA-SHA256", Buffer.from(`${head}.${claims}`), key.publicKey, Buffer.from(signature, "base64url")));
    }

    test("a person signs in with the old password, is hashed anew by that, and signs in again", async () => {
      for (const user of [ada, bob]) {
        assert.match(house.rows("persons"), new RegExp(user.hash.slice(0, 7).replaceAll("$", "\\$")));
        const refused = await new Browser(issuer).post("sign-in", { email: user.email, password: `${user.password}!` });
        assert.equal(refused.status, 401, "a wrong password");
        for (const upgraded of [false, true]) {
          assert.equal(house.rows("persons").includes(user.hash), !upgraded);
          await signedIn(user);
        }
      }
      assert.doesNotMatch(house.rows("persons"), /\$2[ab]\$/);
      assert.equal(house.rows("persons").split("$argon2id$").length - 1, 2);
    });

    test("the open client gets a code and tokens for its app, for the person of old, signed with the key of old", async () => {
      const client = clientOf(SEED_CLIENTS.open);
      const form = await freshCode(await signedIn(), client, { resource: SEED_RESOURCE, scope: SEED_SCOPES });
      const reply = await askToken(issuer, form);
      assert.equal(reply.status, 200, reply.text);
      assert.deepEqual(String(reply.body["scope"]).split(" ").sort(), SEED_SCOPES.split(" ").sort());
      const access = String(reply.body["access_token"]);
      assertSignedBySeedKey(access);
      const { claims } = readJwt(access);
      const expected = { iss: issuer, sub: ada.uuid, aud: SEED_RESOURCE, azp: client.id, email: ada.email.toLowerCase() };
      for (const [name, value] of Object.entries(expected)) assert.equal(claims[name], value, name);
      assert.equal(readJwt(String(reply.body["id_token"])).claims["sub"], ada.uuid);
      assert.equal((await userinfo(issuer, access)).body["sub"], ada.uuid);

      const refreshed = await askToken(issuer, refreshForm(client, String(reply.body["refresh_token"])));
      assert.equal(refreshed.status, 200, refreshed.text);
      assert.equal(readJwt(String(refreshed.body["access_token"])).claims["aud"], SEED_RESOURCE);
    });

    test("the app's resource is the client's when none is named", async () => {
      const reply = await askToken(issuer, await freshCode(await signedIn(bob), clientOf(SEED_CLIENTS.open)));
      assert.equal(readJwt(String(reply.body["access_token"])).claims["aud"], SEED_RESOURCE);
    });

    test("the client with a secret goes on with it, though the old server's clock says it is over; no other secret does", async () => {
      const client = clientOf(SEED_CLIENTS.secret);
      const form = await freshCode(await signedIn(), client, { resource: SEED_RESOURCE, scope: "openid apps.basic" });
      for (const wrong of [form, { ...form, client_secret: `${client.secret}0` }, { ...form, client_secret: "" }]) {
        const refused = await askToken(issuer, wrong);
        assertRefused(refused, "invalid_client");
        assert.equal(refused.status, 401);
      }
      const reply = await askToken(issuer, { ...form, client_secret: client.secret });
      assert.equal(reply.status, 200, reply.text);
      assert.equal("email" in readJwt(String(reply.body["access_token"])).claims, false, "that scope was not given");
    });

    test("registrations are read with the old registration token, and with no other", async () => {
      const [open, secret] = [clientOf(SEED_CLIENTS.open), clientOf(SEED_CLIENTS.secret)];
      const read = (token: string): Promise<Reply> => send(open.registrationUri, { headers: { authorization: `Bearer ${token}` } });
      const reply = await read(open.registrationToken);
      assert.equal(reply.status, 200, reply.text);
      assert.deepEqual(reply.body["redirect_uris"], [open.redirect]);
      assert.equal(reply.body["client_name"], SEED_CLIENTS.open.name);
      assert.equal(reply.body["token_endpoint_auth_method"], "none");
      assert.equal((await read(secret.registrationToken)).status, 401);
    });

    test("the old key is published for those who verify, its public half only, beside those of this server", async () => {
      const keys = await publishedKeys();
      const old = keys.find((each) => each["kid"] === key.kid);
      assert.deepEqual(old, { ...key.publicKey.export({ format: "jwk" }), kid: key.kid, alg: "RS256", use: "sig" });
      assert.ok(keys.some((each) => each["alg"] === "ES256"));
    });

    test("a token of the old server is good where the key set decides; here, without typ at+jwt, it opens nothing", async () => {
      const client = SEED_CLIENTS.secret;
      for (const resource of [SEED_RESOURCE, `${issuer}/mcp`]) {
        const token = key.accessToken(issuer, ada, client, resource);
        assertSignedBySeedKey(token); // the app's own server goes on until it expires
        const refusals = [await userinfo(issuer, token), await send(`${issuer}/mcp/ping`, { headers: { authorization: `Bearer ${token}` } })];
        for (const refused of refusals) {
          assert.equal(refused.status, 401, refused.text);
          assert.match(refused.headers.get("www-authenticate") ?? "", /error="invalid_token"/);
        }
        const introspected = await postForm(`${issuer}/oauth/introspect`, { client_id: client.id, client_secret: client.secret, token });
        assert.deepEqual(introspected.body, { active: false });
      }
    });

    test("a second run changes nothing: not the upgraded password, not a row", async () => {
      await signedIn();
      const held = IMPORTED.map((table) => house.rows(table));
      const again = await house.migrate(...source);
      assert.equal(again.code, 0, again.stderr);
      assert.match(again.stdout, /users imported: 0\nclients imported: 0\nsigning key is here already\n/);
      assert.deepEqual(IMPORTED.map((table) => house.rows(table)), held);
      await signedIn();
      assert.equal((await publishedKeys()).filter((each) => each["kid"] === key.kid).length, 1);
    });
  });
}
