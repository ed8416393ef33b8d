import { useEffect, useRef, type ReactNode } from "react";
import { cameByLink } from "../router.tsx";

export const product = { name: "Valetkey" };

// The one h1 of a page. It names the window, and takes the focus when the page came by a link, as a page load
// would.
export function Heading({ children, title }: { children: ReactNode; title?: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title ?? heading.current?.textContent ?? ""} · ${product.name}`;
  });
  useEffect(() => {
    if (cameByLink()) heading.current?.focus();
  }, []);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
}

// For what takes its own button off the page: the focus must not be lost with it.
export function focusHeading(): void {
  document.querySelector("h1")?.focus();
}
