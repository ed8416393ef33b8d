// The portal's API as docs/portal-api.md has it, over fixed data: what the pages are shown and tested with.
import {
  authorizationRequest,
  mailToken,
  password,
  person,
  totpCode,
  type Call,
  type World,
} from "./mock_data.ts";

export type Answer = { status: number; body: unknown; headers?: Record<string, string> };

const ok = (body: unknown = {}, status = 200): Answer => ({ status, body });
const no = (status: number, error: string, message: string): Answer => ({ status, body: { error, message } });
const signInRequired = no(401, "sign_in_required", "Sign in first.");
const notFound = no(404, "not_found", "There is nothing here.");
const wrongCredentials = no(401, "wrong_credentials", "The e-mail or the password is wrong.");

const publicKey = {
  challenge: "AAAAAAAAAAAAAAAAAAAAAA",
  userVerification: "required",
  extensions: { prf: { eval: { first: "dmFsZXRrZXktdmF1bHQta2V5LXNhbHQtb2Ytb25lLTE" } } },
};
const forCreation = {
  ...publicKey,
  rp: { name: "Valetkey", id: "localhost" },
  user: { id: "cGVyXzE", name: person.email, displayName: person.name },
  pubKeyCredParams: [{ type: "public-key", alg: -7 }],
  excludeCredentials: [],
  authenticatorSelection: { residentKey: "required", userVerification: "required" },
};

type Rule = (world: World, call: Call, id: string) => Answer;
type Needs = "nobody" | "person" | "fresh";

const rules: [string, RegExp, Needs, Rule][] = [];
const rule = (method: string, path: string, needs: Needs, answer: Rule) => {
  const pattern = new RegExp(`^${path.replace("{id}", "([^/]+)")}$`);
  rules.push([method, pattern, needs, answer]);
};

function signIn(world: World): Answer {
  world.person = person;
  world.fresh = true;
  world.vault = true;
  world.second_factor = null;
  world.csrf = `csrf-${Number(world.csrf.slice(5)) + 1}`;
  return ok({ person });
}

rule("GET", "session", "nobody", (world) =>
  ok({
    csrf: world.csrf,
    person: world.person,
    fresh: world.fresh,
    vault: world.vault,
    second_factor: world.second_factor,
    product: { name: "Valetkey", issuer: "http://localhost:3000" },
    mail_sink: null,
  }),
);
rule("POST", "register", "nobody", (_, { body }) =>
  String(body["password"]).length < 8
    ? no(400, "password_too_short", "Use at least 8 characters.")
    : ok({}, 202),
);
rule("POST", "verify-email", "nobody", (world, { body }) =>
  body["token"] === mailToken
    ? signIn(world)
    : no(400, "link_expired", "This link is over or was used already."),
);
rule("POST", "sign-in", "nobody", (world, { body }) => {
  if (body["email"] === "busy@example.com")
    return { ...no(429, "too_many_attempts", "Too many attempts."), headers: { "retry-after": "40" } };
  if (body["email"] !== person.email || body["password"] !== password) return wrongCredentials;
  if (!world.totp) return signIn(world);
  world.second_factor = "totp";
  return ok({ second_factor: "totp" });
});
rule("POST", "sign-in/second-factor", "nobody", (world, { body }) =>
  world.second_factor && body["code"] === totpCode
    ? signIn(world)
    : no(401, "wrong_code", "This code is wrong, or was used already."),
);
rule("POST", "sign-in/passkey/begin", "nobody", () =>
  ok({ publicKey: { ...publicKey, rpId: "localhost", allowCredentials: [] } }),
);
rule("POST", "sign-in/passkey", "nobody", signIn);
rule("POST", "step-up", "person", (world, { body }) => {
  if (body["password"] !== password) return wrongCredentials;
  if (world.totp && body["code"] !== totpCode) return no(401, "wrong_code", "This code is wrong.");
  return signIn(world);
});
rule("POST", "sign-out", "nobody", (world) => {
  world.person = null;
  world.csrf = `csrf-${Number(world.csrf.slice(5)) + 1}`;
  return ok();
});
rule("POST", "password/forgot", "nobody", () => ok({}, 202));
rule("POST", "password/reset", "nobody", (world, { body }) => {
  if (body["token"] !== mailToken) return no(400, "link_expired", "This link is over or was used already.");
  signIn(world);
  return ok({ person, vault: Boolean(body["recovery_code"]) });
});

rule("GET", "account", "person", (world) =>
  ok({ person: world.person, totp: world.totp, vault: world.vault, ...world.account }),
);
rule("PATCH", "account", "person", (world, { body }) => {
  world.person = { ...person, name: String(body["name"]) };
  return ok({ person: world.person });
});
rule("DELETE", "account", "fresh", (world) => ((world.person = null), ok()));
rule("POST", "account/email", "fresh", () => ok({}, 202));
rule("POST", "account/password", "person", (_, { body }) =>
  body["current"] === password ? ok() : wrongCredentials,
);
rule("POST", "account/passkeys/begin", "fresh", () => ok({ publicKey: forCreation }));
rule("POST", "account/passkeys", "fresh", (world, { body }) => {
  const made = {
    id: `pk_${world.account.passkeys.length + 1}`,
    name: String(body["name"]),
    unlocks_vault: true,
    created_at: Date.now(),
    last_used_at: null,
  };
  world.account.passkeys.push(made);
  return ok(made, 201);
});
rule("PATCH", "account/passkeys/{id}", "person", (world, { body }, id) => {
  const passkey = world.account.passkeys.find((entry) => entry.id === id);
  if (!passkey) return notFound;
  passkey.name = String(body["name"]);
  return ok();
});
rule("DELETE", "account/passkeys/{id}", "fresh", (world, _, id) => {
  world.account.passkeys = world.account.passkeys.filter((entry) => entry.id !== id);
  return ok();
});
rule("POST", "account/totp/begin", "fresh", () => {
  const secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
  return ok({
    secret,
    otpauth_uri: `otpauth://totp/Valetkey:ada%40example.com?secret=${secret}&issuer=Valetkey`,
  });
});
const codes = [
  "a1b2c-d3e4f",
  "g5h6j-k7m8n",
  "p9q2r-s3t4u",
  "v5w6x-y7z8a",
  "b9c2d-e3f4g",
  "h5j6k-m7n8p",
  "q9r2s-t3u4v",
  "w5x6y-z7a8b",
  "c9d2e-f3g4h",
  "j5k6m-n7p8q",
];
rule("POST", "account/totp", "fresh", (world, { body }) => {
  if (body["code"] !== totpCode)
    return no(400, "wrong_code", "This code is wrong. Look at the time of your phone.");
  world.totp = true;
  return ok({ recovery_codes: codes });
});
rule("DELETE", "account/totp", "fresh", (world) => ((world.totp = false), ok()));
rule("POST", "account/recovery-codes", "fresh", () => ok({ recovery_codes: codes }));
rule("GET", "account/sessions", "person", (world) => ok({ sessions: world.sessions }));
rule("DELETE", "account/sessions/{id}", "person", (world, _, id) => {
  world.sessions = world.sessions.filter((entry) => entry.id !== id);
  return ok();
});
rule(
  "DELETE",
  "account/sessions",
  "person",
  (world) => ((world.sessions = world.sessions.filter((entry) => entry.current)), ok()),
);
rule("GET", "account/connections", "person", (world) => ok({ connections: world.connections }));
rule("DELETE", "account/connections/{id}", "person", (world, _, id) => {
  world.connections = world.connections.filter((entry) => entry.id !== id);
  return ok();
});
rule("GET", "account/ai", "person", (world) => ok(world.ai));
rule("POST", "account/ai", "person", (world) => {
  world.aiPolls = 0;
  return ok(
    {
      id: "sgn_1",
      user_code: "WDJB-MJHT",
      verification_url: "https://provider.example/device",
      expires_at: Date.now() + 900_000,
      interval: 1000,
    },
    201,
  );
});
rule("GET", "account/ai/{id}", "person", (world, _, id) => {
  if (id !== "sgn_1") return notFound;
  if (++world.aiPolls < 3) return ok({ status: "pending" });
  world.ai.connected.push({ id: "ai_2", provider: "xai", plan: "SuperGrok", connected_at: Date.now() });
  return ok({ status: "complete" });
});
rule("DELETE", "account/ai/{id}", "person", (world, _, id) => {
  world.ai.connected = world.ai.connected.filter((entry) => entry.id !== id);
  return ok();
});

rule("GET", "authorization/{id}", "nobody", (world, _, id) => {
  if (id === "other") return no(409, "wrong_person", "This request is for another account.");
  const request = authorizationRequest(id, world);
  return request ? ok(request) : notFound;
});
rule("POST", "authorization/{id}", "person", (_, { body }, id) => {
  return ok({ redirect: `/error?code=access_denied&of=${id}&decided=${String(body["decision"])}` });
});
rule("POST", "device", "person", (world, { body }) =>
  body["user_code"] === "WDJB-MJHT"
    ? ok(authorizationRequest("device", world))
    : no(404, "unknown_code", "This code is unknown or over."),
);
rule("POST", "device/{id}", "person", () => ok());

rule("GET", "apps", "person", (world) =>
  ok({
    clients: world.clients,
    resources: world.resources,
    server: {
      issuer: "http://localhost:3000",
      default_resource: "http://localhost:3000/mcp",
      scopes: ["openid", "email", "profile", "offline_access", "ai"],
    },
  }),
);
rule("POST", "apps/clients", "person", (world, { body }) => {
  const made: Record<string, unknown> = { client_id: `cli_${world.clients.length + 1}`, ...body };
  world.clients.push(made);
  const secret = String(body["token_endpoint_auth_method"]).startsWith("client_secret");
  return ok(
    { ...made, ...(secret ? { client_secret: "vks_0123456789abcdefghijklmnopqrstuvwxyz" } : {}) },
    201,
  );
});
rule("GET", "apps/clients/{id}", "person", (world, _, id) => {
  const client = world.clients.find((entry) => entry["client_id"] === id);
  return client ? ok(client) : notFound;
});
rule("PUT", "apps/clients/{id}", "person", (world, { body }, id) => {
  const client = world.clients.find((entry) => entry["client_id"] === id);
  return client ? ok(Object.assign(client, body)) : notFound;
});
rule(
  "DELETE",
  "apps/clients/{id}",
  "person",
  (world, _, id) => ((world.clients = world.clients.filter((entry) => entry["client_id"] !== id)), ok()),
);
rule("POST", "apps/clients/{id}/secret", "fresh", () =>
  ok({ client_secret: "vks_zyxwvutsrqponmlkjihgfedcba9876543210" }),
);
rule("POST", "apps/resources", "person", (world, { body }) => (world.resources.push(body), ok(body, 201)));
rule("PUT", "apps/resources", "person", (world, { body }) => {
  const resource = world.resources.find((entry) => entry["uri"] === body["uri"]);
  return resource ? ok(Object.assign(resource, body)) : notFound;
});
rule(
  "DELETE",
  "apps/resources",
  "person",
  (world, { body }) => (
    (world.resources = world.resources.filter((entry) => entry["uri"] !== body["uri"])),
    ok()
  ),
);

export function answerCall(world: World, call: Call): Answer {
  if (call.method !== "GET") world.calls.push(call);
  if (call.method !== "GET" && call.csrf !== world.csrf) return no(403, "csrf", "Load the page again.");
  for (const [method, pattern, needs, answer] of rules) {
    const match = method === call.method ? pattern.exec(call.path) : null;
    if (!match) continue;
    if (needs !== "nobody" && !world.person) return signInRequired;
    if (needs === "fresh" && !world.fresh)
      return no(403, "recent_sign_in_required", "Confirm that it is you.");
    return answer(world, call, decodeURIComponent(match[1] ?? ""));
  }
  return notFound;
}
