// The OAuth words that a builder chooses from, with what they mean.
export const authMethods: Record<string, string> = {
  none: "No secret (browser, phone or computer app)",
  client_secret_basic: "Secret, in the Authorization header",
  client_secret_post: "Secret, in the form",
  private_key_jwt: "Key of its own (private_key_jwt)",
};

export const grantTypes: [string, string][] = [
  ["authorization_code", "People sign in and consent in a browser"],
  ["refresh_token", "Stays connected"],
  ["urn:ietf:params:oauth:grant-type:device_code", "A device without a browser"],
  ["client_credentials", "Acts for itself, without a person"],
  ["urn:ietf:params:oauth:grant-type:token-exchange", "Exchanges a token for a narrower one"],
];

export const linesOf = (text: string) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
