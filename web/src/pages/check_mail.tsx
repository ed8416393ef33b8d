import type { ReactNode } from "react";
import { CardPage } from "../parts/card.tsx";
import { Notice } from "../parts/notice.tsx";
import { useSession } from "../session.tsx";
import { webLink } from "../words.ts";

export function CheckMail({ title, email, children }: { title: string; email: string; children: ReactNode }) {
  return (
    <CardPage title={title}>
      <Notice tone="good">
        <p>
          We sent a mail to <strong>{email}</strong>.
        </p>
      </Notice>
      <p>{children}</p>
      <p className="muted small">No mail after a few minutes? Look into the spam folder, or try again.</p>
      <MailSink />
    </CardPage>
  );
}

// A development server sends no mail but shows it.
export function MailSink() {
  const sink = webLink(useSession().mail_sink);
  if (!sink) return null;
  return (
    <p className="small">
      This is a development server. <a href={sink}>Read its mail</a>
    </p>
  );
}
