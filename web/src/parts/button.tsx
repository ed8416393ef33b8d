import type { ButtonHTMLAttributes, ReactNode } from "react";
import { Link } from "../router.tsx";

type Kind = "primary" | "secondary" | "danger" | "quiet";

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & { kind?: Kind; busy?: boolean; wide?: boolean };

// While busy it stays focusable, so that a screen reader is not thrown back to the top of the page.
export function Button({ kind = "secondary", busy = false, wide = false, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={`button button-${kind}${wide ? " button-wide" : ""}`}
      aria-disabled={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : rest.onClick}
    >
      <span className={busy ? "button-text button-text-busy" : "button-text"}>{children}</span>
      {busy && <span className="button-wait" role="status" aria-label="One moment" />}
    </button>
  );
}

type ButtonLinkProps = { to: string; kind?: Kind; wide?: boolean; children: ReactNode };

export function ButtonLink({ to, kind = "secondary", wide = false, children }: ButtonLinkProps) {
  return (
    <Link to={to} className={`button button-${kind}${wide ? " button-wide" : ""}`}>
      {children}
    </Link>
  );
}
