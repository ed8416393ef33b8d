// The authorization server we are measured beside: oidc-provider (npm), everything in memory. Run as a program: prints
// its port. Resources decide the form of a token: /es256 and /rs256 are JWTs, /opaque is looked up.
import { generateKeyPairSync } from "node:crypto";
import { Provider, type JWK } from "oidc-provider";

const privateJwk = (type: "ec" | "rsa", alg: string): JWK => {
  const { privateKey } = type === "ec" ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), alg, use: "sig", kid: alg } as unknown as JWK;
};

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [{ client_id: "bench", client_secret: process.argv[3] ?? "", grant_types: ["client_credentials"], redirect_uris: [], response_types: [], token_endpoint_auth_method: "client_secret_post" }],
  jwks: { keys: [privateJwk("ec", "ES256"), privateJwk("rsa", "RS256")] },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_context, resource) => {
        const form = resource.split("/").pop() ?? "";
        if (form === "opaque") return { scope: "", accessTokenFormat: "opaque" };
        return { scope: "", accessTokenFormat: "jwt", jwt: { sign: { alg: form === "rs256" ? "RS256" : "ES256" } } };
      },
    },
  },
});
provider.listen(port, "127.0.0.1", () => console.log(`listening on ${port}`));
