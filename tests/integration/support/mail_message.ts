// A mail as a person reads it: headers unfolded and decoded (RFC 2047), the text out of its transfer encoding (RFC 2045).

export type Mail = {
  id: number; // grows with every mail
  from: string; // of the envelope
  to: string[]; // of the envelope, lower case
  subject: string;
  text: string;
  headers: Record<string, string>; // names in lower case; the last of a name
  receivedAt: string;
  raw: string; // one character per byte
};

const bytesOf = (latin1: string): Buffer => Buffer.from(latin1, "latin1");

function fromQuotedPrintable(text: string, isHeader: boolean): Buffer {
  const joined = isHeader ? text.replaceAll("_", " ") : text.replace(/[ \t]+(?=\r?\n)/g, "").replace(/=\r?\n/g, "");
  return bytesOf(joined.replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))));
}

// Bytes of neighbouring encoded words of one charset are joined before they are decoded.
export function decodeWords(header: string): string {
  const joined = header.replace(/(\?=)\s+(?==\?)/g, "$1");
  return joined.replace(/(?:=\?[^?\s]+\?[BbQq]\?[^?\s]*\?=)+/g, (run) => {
    const words = [...run.matchAll(/=\?([^?\s]+)\?([BbQq])\?([^?\s]*)\?=/g)];
    const pieces = words.map((word) =>
      word[2]?.toUpperCase() === "B" ? Buffer.from(word[3] ?? "", "base64") : fromQuotedPrintable(word[3] ?? "", true),
    );
    return new TextDecoder(words[0]?.[1] ?? "utf-8").decode(Buffer.concat(pieces));
  });
}

export function readMail(id: number, envelope: { from: string; to: string[] }, raw: string): Mail {
  const end = raw.indexOf("\r\n\r\n");
  const head = (end < 0 ? raw : raw.slice(0, end)).replace(/\r\n(?=[ \t])/g, "");
  const body = end < 0 ? "" : raw.slice(end + 4);
  const headers: Record<string, string> = {};
  for (const line of head.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) headers[line.slice(0, colon).trim().toLowerCase()] = bytesOf(line.slice(colon + 1).trim()).toString("utf8");
  }
  const encoding = (headers["content-transfer-encoding"] ?? "8bit").toLowerCase();
  const bytes =
    encoding === "base64" ? Buffer.from(body, "base64") : encoding === "quoted-printable" ? fromQuotedPrintable(body, false) : bytesOf(body);
  return {
    id,
    ...envelope,
    subject: decodeWords(headers["subject"] ?? ""),
    text: bytes.toString("utf8").replaceAll("\r\n", "\n"),
    headers,
    receivedAt: new Date().toISOString(),
    raw,
  };
}

// The first link in the text that fits.
export function linkIn(mail: Mail, pattern: RegExp = /./): string {
  const link = (mail.text.match(/https?:\/\/[^\s<>"]+/g) ?? []).find((each) => pattern.test(each));
  if (link === undefined) throw new Error(`no link with ${pattern} in:\n${mail.text}`);
  return link;
}
