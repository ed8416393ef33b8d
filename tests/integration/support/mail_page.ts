// The page of the mail sink: every mail in full, newest first. Needs no script; asks again every few seconds.
import type { Mail } from "./mail_message.ts";

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? "");

// Links become links; everything else stays text.
function withLinks(text: string): string {
  return text
    .split(/(https?:\/\/[^\s<>"]+)/)
    .map((piece, index) => (index % 2 === 1 ? `<a href="${escaped(piece)}" rel="noreferrer">${escaped(piece)}</a>` : escaped(piece)))
    .join("");
}

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
article { border: 1px solid #8886; border-radius: .75rem; padding: 1rem 1.25rem; margin: 1rem 0 }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin: 0 0 .25rem }
p { margin: 0; opacity: .75 } pre { font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; margin: .75rem 0 0 }`;

export function mailPage(newestFirst: Mail[]): string {
  const articles = newestFirst.map(
    (mail) => `<article id="mail-${mail.id}">
<h2>${escaped(mail.subject)}</h2>
<p>to ${escaped(mail.to.join(", "))} · <time datetime="${escaped(mail.receivedAt)}">${escaped(mail.receivedAt.slice(11, 19))}</time></p>
<pre>${withLinks(mail.text)}</pre>
</article>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="3"><title>Mail (${newestFirst.length})</title><style>${STYLE}</style></head>
<body><main><h1>Mail</h1><p>Kept here in development; none is delivered.</p>
${articles.join("\n") || "<p>Nothing yet.</p>"}</main></body></html>
`;
}
