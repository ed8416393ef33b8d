// The shapes of docs/portal-api.md. Times are milliseconds since 1970.
export type Person = { id: string; email: string; email_verified: boolean; name: string };

export type SessionAnswer = {
  csrf: string;
  person: Person | null;
  fresh: boolean;
  vault: boolean;
  second_factor: "totp" | null;
  product: { name: string; issuer: string };
  mail_sink: string | null;
};

export type SignedIn = { person: Person };
export type SignInAnswer = { person?: Person; second_factor?: "totp" };

export type Passkey = {
  id: string;
  name: string;
  unlocks_vault: boolean;
  created_at: number;
  last_used_at: number | null;
};

export type AccountAnswer = {
  person: Person;
  created_at: number;
  totp: boolean;
  recovery_codes_left: number;
  passkeys: Passkey[];
  vault: boolean;
};

export type BrowserSession = {
  id: string;
  current: boolean;
  user_agent: string;
  client_address: string;
  signed_in_at: number;
  last_seen_at: number;
};

export type ClientKind = "builder" | "dynamic" | "document";

export type Connection = {
  id: string;
  client: { id: string; name: string; host: string | null; kind: ClientKind };
  resource: string;
  resource_name: string;
  scopes: Scope[];
  granted_at: number;
  last_used_at: number | null;
};

export type Scope = { name: string; description?: string };

export type AiProvider = { id: string; name: string; enabled: boolean; note: string | null };
export type ConnectedAi = { id: string; provider: string; plan: string | null; connected_at: number };
export type AiAnswer = { providers: AiProvider[]; connected: ConnectedAi[] };
export type AiSignIn = {
  id: string;
  user_code: string;
  verification_url: string;
  expires_at: number;
  interval: number; // milliseconds between two polls
};
export type AiSignInState = { status: "pending" | "complete" | "expired" | "error"; message?: string };

export type AskingClient = {
  id: string;
  name: string;
  host: string | null;
  kind: ClientKind;
  client_uri?: string | null;
  policy_uri?: string | null;
  tos_uri?: string | null;
};

// Of a person who is not signed in, only the first four.
export type AuthorizationRequest = {
  client: AskingClient;
  redirect_host: string | null;
  loopback: boolean;
  login_hint?: string | null;
  request?: string; // of a device: the id to decide on
  resource?: { uri: string; name: string };
  scopes?: (Scope & { granted: boolean })[];
  ai?: { id: string; provider: string; plan: string | null; chosen?: boolean }[] | null;
  sign_in: "ok" | "required" | "again";
  expires_at?: number;
};

export type Decision = { decision: "approve" | "deny"; scopes?: string[]; ai?: string };

// RFC 7591 metadata as the registry answers it.
export type AppClient = {
  client_id: string;
  client_secret?: string; // once, when it was made
  client_name?: string;
  redirect_uris: string[];
  token_endpoint_auth_method: string;
  application_type: "web" | "native";
  grant_types: string[];
  scope?: string;
  resource?: string;
  post_logout_redirect_uris?: string[];
  jwks_uri?: string;
};

export type AppResource = { uri: string; name: string; scopes: Scope[]; documentation_uri?: string | null };

export type AppsAnswer = {
  clients: AppClient[];
  resources: AppResource[];
  server: { issuer: string; default_resource: string; scopes: (string | Scope)[] };
};
