// WebAuthn as JSON both ways (WebAuthn level 3, sections 5.1.8 to 5.1.10). The browser's own conversion where it
// has one; the PRF extension is always ours, because browsers differ in it and toJSON() leaves its results out.
export type PasskeyOptions = { publicKey: Record<string, unknown> };

type Json = Record<string, unknown>;
type PrfValues = { first: BufferSource; second?: BufferSource };

export function passkeysWork(): boolean {
  return typeof PublicKeyCredential === "function" && !!navigator.credentials;
}

export function toBase64url(bytes: ArrayBuffer): string {
  let text = "";
  for (const byte of new Uint8Array(bytes)) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

export function fromBase64url(text: string): ArrayBuffer {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; ++i) bytes[i] = binary.charCodeAt(i);
  return bytes.buffer;
}

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;

function prfValues(value: unknown): PrfValues | undefined {
  if (!isObject(value) || typeof value["first"] !== "string") return undefined;
  const second = value["second"];
  const first = fromBase64url(value["first"]);
  return typeof second === "string" ? { first, second: fromBase64url(second) } : { first };
}

// Takes `prf` out of the extensions and gives it back converted.
function splitPrf(options: Json): { plain: Json; prf: Json | undefined } {
  const extensions = options["extensions"];
  if (!isObject(extensions) || !isObject(extensions["prf"])) return { plain: options, prf: undefined };
  const { prf, ...others } = extensions;
  const given = prf as Json;
  const converted: Json = {};
  const values = prfValues(given["eval"]);
  if (values) converted["eval"] = values;
  if (isObject(given["evalByCredential"])) {
    const entries = Object.entries(given["evalByCredential"]).map(([id, value]) => [id, prfValues(value)]);
    converted["evalByCredential"] = Object.fromEntries(entries);
  }
  return { plain: { ...options, extensions: others }, prf: converted };
}

function bytesOf(descriptors: unknown): unknown {
  if (!Array.isArray(descriptors)) return undefined;
  return descriptors.map((entry: Json) => ({ ...entry, id: fromBase64url(String(entry["id"])) }));
}

function convert(options: Json): Json {
  const converted: Json = { ...options, challenge: fromBase64url(String(options["challenge"])) };
  const user = options["user"];
  if (isObject(user)) converted["user"] = { ...user, id: fromBase64url(String(user["id"])) };
  for (const list of ["allowCredentials", "excludeCredentials"]) {
    if (options[list] !== undefined) converted[list] = bytesOf(options[list]);
  }
  return converted;
}

type Parser = ((json: never) => unknown) | undefined;

function nativeOptions(options: PasskeyOptions, parse: Parser): Json {
  const { plain, prf } = splitPrf(options.publicKey);
  const converted = (parse ? parse.call(PublicKeyCredential, plain as never) : convert(plain)) as Json;
  if (!prf) return converted;
  const extensions = converted["extensions"];
  converted["extensions"] = { ...(isObject(extensions) ? extensions : {}), prf };
  return converted;
}

function extensionJson(credential: PublicKeyCredential): Json {
  const results = credential.getClientExtensionResults() as Json;
  const said: Json = {};
  if (isObject(results["credProps"])) said["credProps"] = results["credProps"];
  const prf = results["prf"];
  if (!isObject(prf)) return said;
  const json: Json = {};
  if (typeof prf["enabled"] === "boolean") json["enabled"] = prf["enabled"];
  if (isObject(prf["results"]) && prf["results"]["first"] instanceof ArrayBuffer) {
    json["results"] = { first: toBase64url(prf["results"]["first"]) };
  }
  said["prf"] = json;
  return said;
}

function responseJson(response: AuthenticatorResponse): Json {
  const json: Json = { clientDataJSON: toBase64url(response.clientDataJSON) };
  if (response instanceof AuthenticatorAttestationResponse) {
    json["attestationObject"] = toBase64url(response.attestationObject);
    json["transports"] = response.getTransports?.() ?? [];
  } else if (response instanceof AuthenticatorAssertionResponse) {
    json["authenticatorData"] = toBase64url(response.authenticatorData);
    json["signature"] = toBase64url(response.signature);
    if (response.userHandle) json["userHandle"] = toBase64url(response.userHandle);
  }
  return json;
}

function credentialJson(credential: Credential | null): Json {
  if (!(credential instanceof PublicKeyCredential)) throw new Error("The browser gave no passkey.");
  const json: Json = credential.toJSON
    ? { ...(credential.toJSON() as unknown as Json) }
    : {
        id: credential.id,
        rawId: toBase64url(credential.rawId),
        type: credential.type,
        response: responseJson(credential.response),
        authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
      };
  return { ...json, clientExtensionResults: extensionJson(credential) };
}

// What the browser throws, as a sentence. NotAllowedError is both "no" and "too late".
function plainError(error: unknown, making: boolean): Error {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "AbortError") return new Error("No passkey was used.");
  if (name === "InvalidStateError" && making)
    return new Error("This device already has a passkey for your account.");
  if (name === "SecurityError") return new Error("Passkeys do not work at this address.");
  return error instanceof Error && !name ? error : new Error("The passkey did not work.");
}

export async function createPasskey(options: PasskeyOptions): Promise<Json> {
  try {
    const parse = PublicKeyCredential.parseCreationOptionsFromJSON as Parser;
    const publicKey = nativeOptions(options, parse) as unknown as PublicKeyCredentialCreationOptions;
    return credentialJson(await navigator.credentials.create({ publicKey }));
  } catch (error) {
    throw plainError(error, true);
  }
}

export async function askPasskey(options: PasskeyOptions): Promise<Json> {
  try {
    const parse = PublicKeyCredential.parseRequestOptionsFromJSON as Parser;
    const publicKey = nativeOptions(options, parse) as unknown as PublicKeyCredentialRequestOptions;
    return credentialJson(await navigator.credentials.get({ publicKey }));
  } catch (error) {
    throw plainError(error, false);
  }
}
