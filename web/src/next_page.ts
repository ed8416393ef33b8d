// Where somebody was going when they had to register: the mail's link opens without it, so the browser keeps it
// for an hour. A path of this origin, nothing secret.
import { safePath } from "./router.tsx";

const key = "valetkey.next";
const lifetime = 60 * 60 * 1000;

export function keepNext(path: string): void {
  try {
    localStorage.setItem(key, JSON.stringify({ path, until: Date.now() + lifetime }));
  } catch {
    // A browser that keeps nothing: the person finds the way from the account page.
  }
}

export function takeNext(otherwise = "/account"): string {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? "null");
    localStorage.removeItem(key);
    if (typeof kept !== "object" || kept === null) return otherwise;
    const { path, until } = kept as Record<string, unknown>;
    if (typeof path !== "string" || typeof until !== "number" || until < Date.now()) return otherwise;
    return safePath(path, otherwise);
  } catch {
    return otherwise;
  }
}
