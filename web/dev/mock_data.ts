// What the mock of the portal's API knows: one person with a bit of everything.
export const password = "correct horse battery staple";
export const totpCode = "123456";
export const mailToken = "token-of-the-mail";

const minute = 60_000;
const day = 24 * 60 * minute;

export type Call = { method: string; path: string; body: Record<string, unknown>; csrf: string | undefined };

export const person = { id: "per_1", email: "ada@example.com", email_verified: true, name: "Ada" };

export function world(now = Date.now()) {
  return {
    person: null as typeof person | null,
    fresh: true,
    vault: true,
    totp: false,
    second_factor: null as "totp" | null,
    csrf: "csrf-1",
    browser: null as string | null,
    account: {
      created_at: now - 200 * day,
      recovery_codes_left: 7,
      passkeys: [
        {
          id: "pk_1",
          name: "Laptop",
          unlocks_vault: true,
          created_at: now - 90 * day,
          last_used_at: now - 3 * 60 * minute,
        },
        {
          id: "pk_2",
          name: "Security key in the drawer",
          unlocks_vault: false,
          created_at: now - 30 * day,
          last_used_at: null,
        },
      ],
    },
    sessions: [
      {
        id: "ses_1",
        current: true,
        user_agent: "Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0 Safari/537.36",
        client_address: "192.0.2.7",
        signed_in_at: now - 30 * minute,
        last_seen_at: now - minute,
      },
      {
        id: "ses_2",
        current: false,
        user_agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) Safari/605.1",
        client_address: "198.51.100.20",
        signed_in_at: now - 9 * day,
        last_seen_at: now - 5 * 60 * minute,
      },
    ],
    connections: [
      {
        id: "con_1",
        client: {
          id: "https://chat.example/mcp",
          name: "Chat Example",
          host: "chat.example",
          kind: "document",
        },
        resource: "https://notes.example/mcp",
        resource_name: "Notes",
        scopes: [
          { name: "notes.read", description: "Read your notes" },
          { name: "notes.write", description: "Change your notes" },
        ],
        granted_at: now - 12 * day,
        last_used_at: now - 40 * minute,
      },
      {
        id: "con_2",
        client: { id: "cli_2", name: "Terminal helper", host: null, kind: "dynamic" },
        resource: "http://localhost:3000/mcp",
        resource_name: "Valetkey",
        scopes: [{ name: "ai", description: "Use your connected AI" }],
        granted_at: now - 2 * day,
        last_used_at: null,
      },
    ],
    ai: {
      providers: [
        { id: "openai", name: "ChatGPT", enabled: true, note: null },
        { id: "xai", name: "Grok", enabled: true, note: null },
        {
          id: "github",
          name: "GitHub Copilot",
          enabled: false,
          note: "The operator has not turned this on.",
        },
      ],
      connected: [{ id: "ai_1", provider: "openai", plan: "plus", connected_at: now - 60 * day }],
    },
    aiPolls: 0,
    clients: [
      {
        client_id: "cli_notes",
        client_name: "Notes for the web",
        redirect_uris: ["https://notes.example/callback"],
        token_endpoint_auth_method: "client_secret_basic",
        application_type: "web",
        grant_types: ["authorization_code", "refresh_token"],
        scope: "notes.read notes.write",
        resource: "https://notes.example/mcp",
        post_logout_redirect_uris: [],
      },
    ] as Record<string, unknown>[],
    resources: [
      {
        uri: "https://notes.example/mcp",
        name: "Notes",
        scopes: [
          { name: "notes.read", description: "Read your notes" },
          { name: "notes.write", description: "Change your notes" },
        ],
        documentation_uri: "https://notes.example/docs",
      },
    ] as Record<string, unknown>[],
    calls: [] as Call[], // every change that the pages asked for
  };
}

export type World = ReturnType<typeof world>;

// Requests by name: /consent?request=<name>.
export function authorizationRequest(name: string, state: World): Record<string, unknown> | null {
  const base = {
    client: {
      id: "cli_9",
      name: "Sketchpad",
      host: null,
      kind: "dynamic",
      client_uri: "https://sketch.example/",
      policy_uri: "https://sketch.example/privacy",
      tos_uri: null,
    },
    redirect_host: "sketch.example",
    loopback: false,
    resource: { uri: "https://notes.example/mcp", name: "Notes" },
    scopes: [
      { name: "notes.read", description: "Read your notes", granted: true },
      { name: "notes.write", description: "Change your notes", granted: false },
      { name: "offline_access", description: "Keep access while you are away", granted: false },
    ],
    ai: [],
    login_hint: null,
    sign_in: state.person ? "ok" : "required",
    expires_at: Date.now() + 600_000,
  };
  const local = {
    id: "https://code.example/client.json",
    name: "Editor",
    host: "code.example",
    kind: "document",
    client_uri: null,
    policy_uri: null,
    tos_uri: null,
  };
  switch (name) {
    case "web":
      return base;
    case "builder":
      return { ...base, client: { ...base.client, name: "Notes for the web", kind: "builder" } };
    case "local":
      return { ...base, client: local, redirect_host: "127.0.0.1", loopback: true };
    case "ai":
      return {
        ...base,
        scopes: [{ name: "ai.use", description: "Use your connected AI", granted: false }],
        ai: state.ai.connected,
      };
    case "no-ai":
      return {
        ...base,
        scopes: [{ name: "ai.use", description: "Use your connected AI", granted: false }],
        ai: [],
      };
    case "again":
      return { ...base, sign_in: "again" };
    case "hostile":
      return {
        ...base,
        client: {
          ...base.client,
          name: `Your bank \u202Egro.elpmaxe ${"x".repeat(300)}`,
          client_uri: "javascript:alert(1)",
        },
      };
    case "device":
      return {
        ...base,
        request: "dev_1",
        redirect_host: null,
        client: { ...base.client, name: "Living room TV" },
      };
    default:
      return null;
  }
}
