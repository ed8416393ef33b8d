// The frame of the account's pages: their list beside them, and nobody who is not signed in.
import type { ReactNode } from "react";
import type { Person } from "../api_types.ts";
import { Heading } from "../parts/heading.tsx";
import { Link, usePath } from "../router.tsx";
import { usePerson } from "../session.tsx";

const places = [
  ["/account", "Profile"],
  ["/account/security", "Security"],
  ["/account/sessions", "Sessions"],
  ["/account/connections", "Connected apps"],
  ["/account/ai", "Your AIs"],
] as const;

type FrameProps = { title: string; intro?: ReactNode; children: (person: Person) => ReactNode };

export function AccountFrame({ title, intro, children }: FrameProps) {
  const person = usePerson();
  const path = usePath();
  if (!person) return <div className="page-wait" role="status" aria-label="Loading" />;
  return (
    <div className="page account">
      <nav aria-label="Account" className="account-nav">
        <ul>
          {places.map(([to, text]) => (
            <li key={to}>
              <Link to={to} aria-current={path === to ? "page" : undefined}>
                {text}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <div>
        <div className="page-head">
          <Heading>{title}</Heading>
          {intro && <p className="muted">{intro}</p>}
        </div>
        {children(person)}
      </div>
    </div>
  );
}
