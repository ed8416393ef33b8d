// The little of oidc-provider that the peer uses; the package ships no types.
declare module "oidc-provider" {
  export type JWK = Record<string, unknown>;
  type ResourceServer = { scope: string; accessTokenFormat: "jwt" | "opaque"; jwt?: { sign: { alg: string } } };
  type Configuration = {
    clients: Record<string, unknown>[];
    jwks: { keys: JWK[] };
    features: {
      devInteractions: { enabled: boolean };
      clientCredentials: { enabled: boolean };
      introspection: { enabled: boolean };
      resourceIndicators: { enabled: boolean; getResourceServerInfo: (context: unknown, resource: string) => ResourceServer };
    };
  };
  export class Provider {
    constructor(issuer: string, configuration: Configuration);
    listen(port: number, host: string, ready: () => void): void;
  }
}
