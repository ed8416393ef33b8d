import type { ReactNode } from "react";

type Tone = "info" | "good" | "warning" | "error";

const marks: Record<Tone, string> = { info: "i", good: "✓", warning: "!", error: "!" };

// An error is read out at once, good news when the reader pauses; the rest is part of the page.
export function Notice({ tone = "info", children }: { tone?: Tone; children: ReactNode }) {
  const role = tone === "error" ? "alert" : tone === "good" ? "status" : undefined;
  return (
    <div className={`notice notice-${tone}`} role={role}>
      <span className="notice-mark" aria-hidden="true">
        {marks[tone]}
      </span>
      <div>{children}</div>
    </div>
  );
}

export function Failure({ text }: { text: string | null }) {
  return text ? <Notice tone="error">{text}</Notice> : null;
}

export function Badge({ children, tone }: { children: ReactNode; tone?: "warning" | "accent" }) {
  return <span className={tone ? `badge badge-${tone}` : "badge"}>{children}</span>;
}
