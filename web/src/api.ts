// Calls to /portal/api: same origin, JSON both ways, the CSRF token on every state change.
import type { SessionAnswer } from "./api_types.ts";

export class ApiError extends Error {
  readonly status: number; // 0: no answer came
  readonly word: string;
  readonly retryAfter: number | null; // seconds

  constructor(status: number, word: string, message: string, retryAfter: number | null = null) {
    super(message);
    this.status = status;
    this.word = word;
    this.retryAfter = retryAfter;
  }
}

const unreachable = "The server does not answer. Check your connection and try again.";

let csrf = "";

async function send(method: string, path: string, body: unknown): Promise<Response> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (method !== "GET") {
    headers["x-csrf-token"] = csrf;
    headers["content-type"] = "application/json";
  }
  try {
    return await fetch(`/portal/api/${path}`, {
      method,
      headers,
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
      ...(method === "GET" ? {} : { body: JSON.stringify(body ?? {}) }),
    });
  } catch {
    throw new ApiError(0, "unreachable", unreachable);
  }
}

async function errorOf(response: Response): Promise<ApiError> {
  const seconds = Number(response.headers.get("retry-after") ?? "");
  const retryAfter = Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds) : null;
  const body: unknown = await response.json().catch(() => null);
  const said = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const word = typeof said["error"] === "string" ? said["error"] : "unavailable";
  let message = typeof said["message"] === "string" ? said["message"] : "";
  if (!message) message = response.status === 429 ? "Too many attempts." : "That did not work. Try again.";
  if (response.status === 429 && retryAfter && !/ in \d/.test(message))
    message += ` ${waitWords(retryAfter)}`;
  return new ApiError(response.status, word, message, retryAfter);
}

function waitWords(seconds: number): string {
  if (seconds < 90) return `Try again in ${seconds} second${seconds === 1 ? "" : "s"}.`;
  return `Try again in ${Math.ceil(seconds / 60)} minutes.`;
}

export async function loadSession(): Promise<SessionAnswer> {
  const response = await send("GET", "session", null);
  if (!response.ok) throw await errorOf(response);
  const session = (await response.json()) as SessionAnswer;
  csrf = session.csrf;
  return session;
}

// The token changes when somebody signs in or out in another tab: one refusal is repeated with a fresh one.
async function call<T>(method: string, path: string, body: unknown = null): Promise<T> {
  let response = await send(method, path, body);
  if (!response.ok) {
    let error = await errorOf(response);
    if (error.word === "csrf") {
      await loadSession();
      response = await send(method, path, body);
      if (!response.ok) error = await errorOf(response);
    }
    if (!response.ok) throw error;
  }
  return (await response.json().catch(() => ({}))) as T;
}

export const api = {
  get: <T>(path: string) => call<T>("GET", path),
  post: <T>(path: string, body: unknown = {}) => call<T>("POST", path, body),
  put: <T>(path: string, body: unknown) => call<T>("PUT", path, body),
  patch: <T>(path: string, body: unknown) => call<T>("PATCH", path, body),
  delete: <T>(path: string, body: unknown = {}) => call<T>("DELETE", path, body),
};

export const segment = encodeURIComponent;
