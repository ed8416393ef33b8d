// The pages' own small router: a path is a page, links keep the browser's meaning (new tab, middle click).
import { useEffect, useState, useSyncExternalStore, type AnchorHTMLAttributes, type MouseEvent } from "react";

const moved = "valetkey:moved";
let changes = 0; // pages shown since the first

function subscribe(notify: () => void): () => void {
  addEventListener("popstate", notify);
  addEventListener(moved, notify);
  return () => {
    removeEventListener("popstate", notify);
    removeEventListener(moved, notify);
  };
}

addEventListener("popstate", () => ++changes);

export function usePath(): string {
  return useSyncExternalStore(subscribe, () => location.pathname);
}

export function useQuery(): URLSearchParams {
  return new URLSearchParams(useSyncExternalStore(subscribe, () => location.search));
}

// True on every page but the one the browser opened with: then the heading takes the focus.
export function cameByLink(): boolean {
  return changes > 0;
}

export function navigate(to: string, { replace = false } = {}): void {
  ++changes;
  history[replace ? "replaceState" : "pushState"](null, "", to);
  dispatchEvent(new Event(moved));
  scrollTo(0, 0);
}

type LinkProps = AnchorHTMLAttributes<HTMLAnchorElement> & { to: string };

export function Link({ to, onClick, ...rest }: LinkProps) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    const special = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0;
    if (special || event.defaultPrevented) return;
    event.preventDefault();
    navigate(to);
  };
  return <a href={to} onClick={follow} {...rest} />;
}

// Where to go after signing in: a path of this origin, else `otherwise`. "//host", "/\host" and control
// characters, which browsers drop, would lead elsewhere.
export function safePath(text: string | null, otherwise = "/account"): string {
  if (!text || !/^\/(?![/\\])/.test(text) || /[\u0000-\u001f\u007f\\]/.test(text)) return otherwise;
  try {
    const url = new URL(text, location.origin);
    if (url.origin !== location.origin) return otherwise;
    return url.pathname + url.search + url.hash;
  } catch {
    return otherwise;
  }
}

export function hereAsContinue(): string {
  return encodeURIComponent(location.pathname + location.search);
}

// A secret of a mail's link, from the fragment, which no server and no referrer sees. Gone from the address bar and
// the history as soon as the page is shown; rendering only reads, because React may render twice.
export function useFragment(name: string): string | null {
  const [value] = useState(() => new URLSearchParams(location.hash.slice(1)).get(name));
  useEffect(() => {
    if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  }, []);
  return value;
}
