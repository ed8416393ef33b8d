// Times, browsers and names in plain words.
const day = new Intl.DateTimeFormat("en", { dateStyle: "medium" });
const moment = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

export const onDay = (ms: number) => day.format(ms);
export const atTime = (ms: number) => moment.format(ms);

export function ago(ms: number, now = Date.now()): string {
  const minutes = Math.floor((now - ms) / 60_000);
  if (minutes < 2) return "just now";
  if (minutes < 60) return `${minutes} minutes ago`;
  if (minutes < 120) return "an hour ago";
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} hours ago`;
  return `on ${onDay(ms)}`;
}

function firstOf(text: string, table: [RegExp, string][]): string | undefined {
  return table.find(([pattern]) => pattern.test(text))?.[1];
}

// "Firefox on Linux". What a User-Agent says is a claim, so no more is made of it.
export function browserName(userAgent: string): string {
  const browser = firstOf(userAgent, [
    [/Edg(e|A|iOS)?\//, "Edge"],
    [/OPR\//, "Opera"],
    [/Firefox\/|FxiOS\//, "Firefox"],
    [/Chrome\/|Chromium\/|CriOS\//, "Chrome"],
    [/Safari\//, "Safari"],
  ]);
  const system = firstOf(userAgent, [
    [/iPhone|iPad/, "iOS"],
    [/Android/, "Android"],
    [/Windows/, "Windows"],
    [/Mac OS X|Macintosh/, "macOS"],
    [/CrOS/, "ChromeOS"],
    [/Linux/, "Linux"],
  ]);
  if (!browser && !system) return "Another program";
  return system ? `${browser ?? "A browser"} on ${system}` : `${browser}`;
}

// A name that a stranger chose: no control, invisible or direction-changing characters, not endless.
export function tameName(name: string, otherwise: string): string {
  const tame = name
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "")
    .replace(/\s+/g, " ")
    .trim();
  if (!tame) return otherwise;
  const letters = [...tame];
  return letters.length > 64 ? `${letters.slice(0, 63).join("")}…` : tame;
}

// Only what a link may lead to: a scheme like javascript: does not.
export function webLink(text: string | null | undefined): string | null {
  if (!text) return null;
  try {
    const url = new URL(text);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}

export const aiScope = "ai.use";

const knownScopes: Record<string, string> = {
  openid: "Know that it is you",
  profile: "See your name",
  email: "See your e-mail address",
  offline_access: "Stay connected while you are away",
  [aiScope]: "Use your AI",
};

// What a scope allows: what its resource says, else what every resource means by it, else its name.
export function scopeWords(scope: { name: string; description?: string }): string {
  const said = scope.description && scope.description !== scope.name ? scope.description : "";
  return (
    said || (Object.hasOwn(knownScopes, scope.name) ? (knownScopes[scope.name] ?? "") : "") || scope.name
  );
}

const providers: Record<string, string> = { openai: "ChatGPT", xai: "Grok", github: "GitHub Copilot" };
export const providerName = (id: string) => providers[id] ?? id;

// "plus" -> "Plus plan"
export const planName = (plan: string) => `${plan.charAt(0).toUpperCase()}${plan.slice(1)} plan`;
