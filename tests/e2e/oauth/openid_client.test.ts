// An independent relying party, openid-client, through everything it can do: it checks our answers more strictly than most.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { decodeProtectedHeader, exportJWK, generateKeyPair } from "jose";
import * as client from "openid-client";
import { startOauthServer, type OauthServer } from "../../integration/support/oauth_client.ts";

const REDIRECT = "http://127.0.0.1:49153/callback";
const AFTER_LOGOUT = "http://127.0.0.1:49153/bye";

let house: OauthServer;
before(async () => (house = await startOauthServer()));
after(async () => await house?.stop());

const insecure = { execute: [client.allowInsecureRequests] }; // plain http on loopback

async function register(more: Partial<client.ClientMetadata> = {}, auth?: client.ClientAuth): Promise<client.Configuration> {
  const metadata = { client_name: "Relying party", redirect_uris: [REDIRECT], ...more };
  return await client.dynamicClientRegistration(new URL(house.issuer), metadata, auth, insecure);
}
const publicClient = async (more: Partial<client.ClientMetadata> = {}) =>
  await register({ token_endpoint_auth_method: "none", ...more }, client.None());
const confidentialClient = async (more: Partial<client.ClientMetadata> = {}) =>
  await register({ token_endpoint_auth_method: "client_secret_basic", ...more });

type Flow = { parameters: Record<string, string>; checks: client.AuthorizationCodeGrantChecks };
async function flow(scope = "openid profile email"): Promise<Flow> {
  const verifier = client.randomPKCECodeVerifier();
  const [state, nonce] = [client.randomState(), client.randomNonce()];
  return {
    parameters: {
      redirect_uri: REDIRECT,
      scope,
      state,
      nonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    },
    checks: { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: scope.includes("openid") },
  };
}

async function signIn(config: client.Configuration, scope?: string, options?: client.DPoPOptions) {
  const { parameters, checks } = await flow(scope);
  const callback = await house.person.authorize(client.buildAuthorizationUrl(config, parameters).href);
  return await client.authorizationCodeGrant(config, callback, checks, undefined, options);
}

describe("discovery", () => {
  test("by both documents", async () => {
    for (const algorithm of ["oidc", "oauth2"] as const) {
      const config = await client.discovery(new URL(house.issuer), "any", undefined, client.None(), { ...insecure, algorithm });
      assert.equal(config.serverMetadata().issuer, house.issuer);
      assert.ok(config.serverMetadata().supportsPKCE());
    }
  });
});

describe("authorization code", () => {
  test("public client: tokens, ID token, user info", async () => {
    const config = await publicClient();
    const tokens = await signIn(config);
    assert.equal(tokens.token_type, "bearer");
    assert.equal(decodeProtectedHeader(tokens.access_token).typ, "at+jwt");
    const claims = tokens.claims();
    assert.ok(claims);
    const person = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
    assert.deepEqual([person.email, person.email_verified], [house.email, true]);
  });

  for (const method of ["client_secret_basic", "client_secret_post"] as const) {
    test(`confidential client by ${method}`, async () => {
      const config = await register({ token_endpoint_auth_method: method });
      assert.ok(config.clientMetadata().client_secret);
      const tokens = await signIn(config);
      assert.ok(tokens.access_token);
    });
  }

  test("confidential client by private_key_jwt", async () => {
    const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), kid: "k1", alg: "ES256", use: "sig" };
    const auth = client.PrivateKeyJwt({ key: privateKey, kid: "k1" });
    const config = await register(
      { token_endpoint_auth_method: "private_key_jwt", token_endpoint_auth_signing_alg: "ES256", jwks: { keys: [jwk] } },
      auth,
    );
    const tokens = await signIn(config);
    assert.ok(tokens.access_token);
  });

  test("a denied request comes back as an error with our name on it", async () => {
    const config = await publicClient();
    const { parameters, checks } = await flow();
    const callback = await house.person.authorize(client.buildAuthorizationUrl(config, parameters).href, "deny");
    assert.deepEqual([callback.searchParams.get("error"), callback.searchParams.get("iss")], ["access_denied", house.issuer]);
    await assert.rejects(client.authorizationCodeGrant(config, callback, checks), client.AuthorizationResponseError);
  });

  test("a code works once, and its second use ends what the first gave", async () => {
    const config = await publicClient();
    const { parameters, checks } = await flow();
    const callback = await house.person.authorize(client.buildAuthorizationUrl(config, parameters).href);
    const tokens = await client.authorizationCodeGrant(config, callback, checks);
    await assert.rejects(client.authorizationCodeGrant(config, callback, checks), { error: "invalid_grant" });
    await assert.rejects(client.fetchUserInfo(config, tokens.access_token, client.skipSubjectCheck));
  });

  test("pushed request (PAR)", async () => {
    const config = await confidentialClient();
    const { parameters, checks } = await flow();
    const url = await client.buildAuthorizationUrlWithPAR(config, parameters);
    assert.deepEqual([...url.searchParams.keys()].sort(), ["client_id", "request_uri"]);
    const tokens = await client.authorizationCodeGrant(config, await house.person.authorize(url.href), checks);
    assert.ok(tokens.id_token);
  });

  test("prompt=none: silence when it can, an error when it cannot", async () => {
    const config = await publicClient({ application_type: "native" });
    const { parameters } = await flow();
    const url = client.buildAuthorizationUrl(config, { ...parameters, prompt: "none" });
    const opened = await house.person.open(url.href);
    // A loopback client is never let through without a question.
    assert.match(opened.redirect?.searchParams.get("error") ?? "", /^(consent_required|interaction_required)$/);
  });
});

describe("what comes after", () => {
  test("refresh rotates, and offline_access is understood", async () => {
    const config = await publicClient();
    const first = await signIn(config, "openid profile offline_access");
    assert.ok(first.refresh_token);
    const second = await client.refreshTokenGrant(config, first.refresh_token);
    assert.notEqual(second.refresh_token, first.refresh_token);
    assert.ok(second.access_token);
    // Narrower is allowed, wider is not (RFC 6749 section 6).
    const narrow = await client.refreshTokenGrant(config, second.refresh_token ?? "", { scope: "openid" });
    assert.equal(narrow.scope, "openid");
    await assert.rejects(client.refreshTokenGrant(config, narrow.refresh_token ?? "", { scope: "openid ai.use" }), { error: "invalid_scope" });
  });

  test("introspection tells the owner of a token, and nobody else", async () => {
    const [own, other] = [await confidentialClient(), await confidentialClient()];
    const tokens = await signIn(own);
    const known = await client.tokenIntrospection(own, tokens.access_token);
    assert.deepEqual([known.active, known.client_id, known.iss], [true, own.clientMetadata().client_id, house.issuer]);
    assert.equal((await client.tokenIntrospection(other, tokens.access_token)).active, false);
    assert.equal((await client.tokenIntrospection(own, "nonsense")).active, false);
  });

  test("revocation of the refresh token ends the access token as well", async () => {
    const config = await confidentialClient();
    const tokens = await signIn(config, "openid offline_access");
    await client.tokenRevocation(config, tokens.refresh_token ?? "");
    assert.equal((await client.tokenIntrospection(config, tokens.access_token)).active, false);
    await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token ?? ""), { error: "invalid_grant" });
    await client.tokenRevocation(config, "nonsense"); // RFC 7009 section 2.2: no error
  });

  test("logout leads back with the state, or nowhere", async () => {
    const config = await publicClient({ post_logout_redirect_uris: [AFTER_LOGOUT] });
    const tokens = await signIn(config);
    const parameters = { post_logout_redirect_uri: AFTER_LOGOUT, id_token_hint: tokens.id_token ?? "", state: "s1" };
    const response = await house.person.go(client.buildEndSessionUrl(config, parameters).href);
    const text = await response.text();
    assert.ok([200, 302, 303].includes(response.status), `${response.status} ${text.slice(0, 200)}`);
    const evil = await house.person.go(client.buildEndSessionUrl(config, { ...parameters, post_logout_redirect_uri: "https://evil.example/" }).href);
    await evil.text();
    assert.doesNotMatch(evil.headers.get("location") ?? "", /evil\.example/);
    await house.person.signIn(house.email, house.password);
  });
});

describe("other grants", () => {
  test("device code: pending, then what the person decided", async () => {
    const config = await publicClient({ grant_types: ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"] });
    const device = await client.initiateDeviceAuthorization(config, { scope: "openid profile" });
    assert.match(device.verification_uri, new RegExp(`^${house.issuer}/`));
    const polled = client.pollDeviceAuthorizationGrant(config, device);
    const question = await house.person.approveDevice(device.user_code);
    assert.equal(question.client?.name, "Relying party");
    const tokens = await polled;
    assert.ok(tokens.access_token && tokens.claims());

    const refused = await client.initiateDeviceAuthorization(config, { scope: "openid" });
    const waiting = assert.rejects(client.pollDeviceAuthorizationGrant(config, refused), { error: "access_denied" });
    await house.person.approveDevice(refused.user_code, "deny");
    await waiting;
  });

  test("client credentials are for a client of its own, without a person", async () => {
    // Only a builder can make such a client: one that registered itself acts for people only.
    await assert.rejects(confidentialClient({ grant_types: ["client_credentials"], redirect_uris: [] }), { error: "invalid_client_metadata" });
    const metadata = { client_name: "Robot", redirect_uris: [], token_endpoint_auth_method: "client_secret_basic", grant_types: ["client_credentials"] };
    const made = (await house.person.post("apps/clients", metadata)).body as { client_id: string; client_secret: string };
    const config = await client.discovery(new URL(house.issuer), made.client_id, made.client_secret, undefined, insecure);
    const tokens = await client.clientCredentialsGrant(config, { resource: house.resource });
    assert.equal(tokens.refresh_token, undefined);
    const known = await client.tokenIntrospection(config, tokens.access_token);
    assert.deepEqual([known.active, known.sub, known.aud], [true, config.clientMetadata().client_id, house.resource]);
  });
});

describe("DPoP", () => {
  test("a token bound to a key works with the key, and as a bearer token nowhere", async () => {
    const config = await publicClient();
    const handle = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"));
    const tokens = await signIn(config, "openid profile", { DPoP: handle });
    assert.equal(tokens.token_type, "dpop");
    const url = new URL(`${house.issuer}/mcp/ping`);
    const proved = await client.fetchProtectedResource(config, tokens.access_token, url, "GET", undefined, undefined, { DPoP: handle });
    assert.equal(proved.status, 200);
    const bare = await fetch(url, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    assert.equal(bare.status, 401);
    const other = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"));
    await assert.rejects(client.fetchProtectedResource(config, tokens.access_token, url, "GET", undefined, undefined, { DPoP: other }));
    const renewed = await client.refreshTokenGrant(config, tokens.refresh_token ?? "", undefined, { DPoP: handle });
    assert.equal(renewed.token_type, "dpop");
    await assert.rejects(client.refreshTokenGrant(config, renewed.refresh_token ?? "", undefined, { DPoP: other }));
  });
});
