// Session passes seen from outside: read one, or make one that a thief would like to have.
import { createHmac } from "node:crypto";

export type PassClaims = { v: number; rid: string; k: string; prov?: string; app?: string; iat?: number; exp?: number; nbf?: number };

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

export function claimsOf(jwt: string): PassClaims {
  return JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString()) as PassClaims;
}

// Signed as a pass is: HMAC-SHA256 under the bytes that the hex secret stands for.
export function signPass(claims: object, secretHex: string, header: object = { alg: "HS256" }, hash = "sha256"): string {
  const signed = `${part(header)}.${part(claims)}`;
  return `${signed}.${createHmac(hash, Buffer.from(secretHex, "hex")).update(signed).digest("base64url")}`;
}
