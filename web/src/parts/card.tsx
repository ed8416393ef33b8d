import type { ReactNode } from "react";
import { Heading } from "./heading.tsx";

export function Card({ children, tone }: { children: ReactNode; tone?: "danger" }) {
  return <div className={tone ? `card card-${tone}` : "card"}>{children}</div>;
}

// A whole page of one card, as wide as a form.
export function CardPage({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="page page-narrow">
      <Card>
        <Heading>{title}</Heading>
        {children}
      </Card>
    </div>
  );
}

// A part of a page with its own heading.
export function Section({
  title,
  intro,
  children,
}: {
  title: string;
  intro?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section className="section">
      <h2>{title}</h2>
      {intro && <p className="muted">{intro}</p>}
      {children}
    </section>
  );
}

export function Facts({ rows }: { rows: [string, ReactNode][] }) {
  return (
    <dl className="facts">
      {rows.map(([term, detail]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{detail}</dd>
        </div>
      ))}
    </dl>
  );
}
