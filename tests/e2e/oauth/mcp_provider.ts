// The OAuth side of an MCP client of the official SDKs (1.x and 2.x ask for the same things): keeps everything in
// memory, and lets the given browser answer where a real client would open one.
import { randomBytes } from "node:crypto";
import type { OAuthDiscoveryState } from "@modelcontextprotocol/client";
import type { Browser } from "../../integration/support/oauth_client.ts";

export type ClientMetadata = {
  client_name: string;
  redirect_uris: string[];
  grant_types?: string[];
  response_types?: string[];
  token_endpoint_auth_method?: string;
  scope?: string;
};
type Tokens = { access_token: string; token_type: string; refresh_token?: string; scope?: string; expires_in?: number; id_token?: string; issuer?: string };
type ClientInformation = { client_id: string; client_secret?: string; issuer?: string };

export class McpProvider {
  readonly browser: Browser;
  readonly redirectUrl: string;
  readonly clientMetadata: ClientMetadata;
  clientMetadataUrl?: string;
  client: ClientInformation | undefined;
  saved: Tokens | undefined;
  callbacks: URL[] = []; // every answer of the authorization server, oldest first
  authorizations: URL[] = []; // every request to it
  private verifier = "";
  private stateSent = "";
  private discovered: OAuthDiscoveryState | undefined;

  constructor(browser: Browser, more: { metadataUrl?: string; redirectUrl?: string } = {}) {
    this.browser = browser;
    this.redirectUrl = more.redirectUrl ?? "http://127.0.0.1:49152/callback";
    if (more.metadataUrl !== undefined) this.clientMetadataUrl = more.metadataUrl;
    this.clientMetadata = {
      client_name: "Test client",
      redirect_uris: [this.redirectUrl],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    };
  }

  state(): string {
    this.stateSent = randomBytes(16).toString("base64url");
    return this.stateSent;
  }
  clientInformation(): ClientInformation | undefined {
    return this.client;
  }
  saveClientInformation(client: ClientInformation): void {
    this.client = client;
  }
  tokens(): Tokens | undefined {
    return this.saved;
  }
  saveTokens(tokens: Tokens): void {
    this.saved = tokens;
  }
  saveCodeVerifier(verifier: string): void {
    this.verifier = verifier;
  }
  codeVerifier(): string {
    return this.verifier;
  }
  // Kept from the request to the answer, so that SDK 2.x can tell whether both were the same server's.
  saveDiscoveryState(state: OAuthDiscoveryState): void {
    this.discovered = state;
  }
  discoveryState(): OAuthDiscoveryState | undefined {
    return this.discovered;
  }
  async redirectToAuthorization(url: URL): Promise<void> {
    this.authorizations.push(url);
    const callback = await this.browser.authorize(url.href);
    if (callback.searchParams.get("state") !== this.stateSent) throw new Error(`another state: ${callback.href}`);
    this.callbacks.push(callback);
  }
  invalidateCredentials(what: "all" | "client" | "tokens" | "verifier" | "discovery"): void {
    if (what === "all" || what === "client") this.client = undefined;
    if (what === "all" || what === "tokens") this.saved = undefined;
    if (what === "all" || what === "verifier") this.verifier = "";
    if (what === "all" || what === "discovery") this.discovered = undefined;
  }

  get code(): string {
    return this.callbacks.at(-1)?.searchParams.get("code") ?? "";
  }
  get grantedScopes(): string[] {
    return (this.saved?.scope ?? "").split(" ").sort();
  }
}
