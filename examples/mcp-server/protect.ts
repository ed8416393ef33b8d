// What makes an HTTP server a resource protected by Valetkey: its metadata, its challenges, and the check of a token.
import type { IncomingMessage, ServerResponse } from "node:http";
import { createRemoteJWKSet, errors, jwtVerify } from "jose";

export type Access = { subject: string; clientId: string; scopes: string[] };
export type Guard = {
  // Serves the RFC 9728 document. True: the request is answered.
  answerMetadata(request: IncomingMessage, response: ServerResponse): boolean;
  // Who is calling; null: refused, and already answered.
  admit(request: IncomingMessage, response: ServerResponse): Promise<Access | null>;
  // 403 with all the scopes that are needed now, so that the client can ask the person for the rest.
  askForMore(response: ServerResponse, access: Access, needed: string[]): void;
};
export type Settings = {
  issuer: string; // of Valetkey, exactly as its metadata spell it
  resource: string; // this server's own URL, as registered with Valetkey
  scopes: string[]; // all there are
  firstScopes: string[]; // asked for at the first sign-in
};

export function protect({ issuer, resource, scopes, firstScopes }: Settings): Guard {
  const keys = createRemoteJWKSet(new URL(`${issuer}/oauth/jwks`));
  const metadata = new URL(resource);
  metadata.pathname = `/.well-known/oauth-protected-resource${metadata.pathname.replace(/\/$/, "")}`;

  const challenge = (response: ServerResponse, status: number, parameters: Record<string, string>): void => {
    const all = { resource_metadata: metadata.href, ...parameters };
    const text = Object.entries(all).map(([name, value]) => `${name}="${value}"`);
    response.writeHead(status, { "www-authenticate": `Bearer ${text.join(", ")}`, "content-type": "application/json" });
    response.end(JSON.stringify({ error: parameters["error"] ?? "missing_token" }));
  };

  return {
    answerMetadata(request, response) {
      if (request.method !== "GET" || request.url !== metadata.pathname) return false;
      const document = { resource, authorization_servers: [issuer], scopes_supported: scopes, bearer_methods_supported: ["header"] };
      response.writeHead(200, { "content-type": "application/json", "access-control-allow-origin": "*" });
      response.end(JSON.stringify(document));
      return true;
    },

    async admit(request, response) {
      const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
      if (token === undefined) {
        challenge(response, 401, { scope: firstScopes.join(" ") });
        return null;
      }
      try {
        // typ keeps ID tokens out, the audience keeps out tokens that were given for other servers.
        const { payload } = await jwtVerify(token, keys, {
          issuer,
          audience: resource,
          typ: "at+jwt",
          algorithms: ["ES256", "RS256", "EdDSA"],
          requiredClaims: ["exp", "sub", "client_id"],
        });
        if (payload["cnf"] !== undefined) throw new errors.JWTClaimValidationFailed("this example takes no bound tokens", payload, "cnf");
        const granted = String(payload["scope"] ?? "").split(" ").filter((name) => name !== "");
        return { subject: String(payload.sub), clientId: String(payload["client_id"]), scopes: granted };
      } catch (failure) {
        if (failure instanceof errors.JWKSTimeout || !(failure instanceof errors.JOSEError)) {
          response.writeHead(503, { "retry-after": "5" }).end(); // the keys could not be fetched: no verdict on the token
        } else {
          challenge(response, 401, { error: "invalid_token", scope: firstScopes.join(" ") });
        }
        return null;
      }
    },

    askForMore(response, access, needed) {
      const all = [...new Set([...access.scopes, ...needed])].join(" ");
      challenge(response, 403, { error: "insufficient_scope", scope: all });
    },
  };
}
