// What the tests and `./dev up` rely on: a mail sent by SMTP is there to wait for, to read and to click.
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { after, before, test } from "node:test";
import { decodeWords, linkIn } from "./mail_message.ts";
import { MailSink } from "./mail_sink.ts";

let sink: MailSink;
before(async () => {
  sink = await MailSink.start();
});
after(() => sink.stop());

// Sends the lines, in one piece, and gives every answer up to the goodbye.
async function speak(lines: string[]): Promise<string[]> {
  const socket = net.connect(Number(new URL(sink.smtpUrl).port), "127.0.0.1");
  let text = "";
  socket.setEncoding("utf8").on("data", (piece: string) => (text += piece));
  socket.write([...lines, "QUIT", ""].join("\r\n"));
  await once(socket, "close");
  return text.trimEnd().split("\r\n");
}

const message = (to: string, subject: string, text: string[]): string[] => [
  "EHLO here",
  "MAIL FROM:<no-reply@example.com>",
  `RCPT TO:<${to}>`,
  "DATA",
  `Subject: ${subject}`,
  "",
  ...text,
  ".",
];

test("a mail can be waited for before it comes and after, and the newest that fits is given", async () => {
  const early = sink.waitFor("Ada@example.com", /welcome/);
  await speak(message("ada@example.com", "welcome", ["one"]));
  await speak(message("ada@example.com", "welcome", ["two"]));
  assert.equal((await early).text, "one");
  const late = await sink.waitFor("ada@example.com", /welcome/);
  assert.equal(late.text, "two");
  await assert.rejects(sink.waitFor("ada@example.com", /welcome/, { after: late, timeoutMs: 50 }), /no mail to ada@example.com/);
  await assert.rejects(sink.waitFor("eve@example.com", /welcome/, { timeoutMs: 50 }), /ada@example.com: welcome/);
});

test("dots are unstuffed, encodings undone, folded headers joined", async () => {
  const encoded = "=?utf-8?B?R3LDvMOf?=\r\n =?utf-8?B?ZSBhbiBhbGxl?=";
  await speak(message("dots@example.com", encoded, ["..one", "...two", "end"]));
  const mail = await sink.waitFor("dots@example.com", /./);
  assert.equal(mail.subject, "Grüße an alle");
  assert.equal(mail.text, ".one\n..two\nend");
  assert.equal(decodeWords("=?utf-8?Q?=C3=BC_b?= and plain"), "ü b and plain");
});

test("quoted-printable and base64 texts are read", async () => {
  const head = ["EHLO here", "MAIL FROM:<a@b.c>", "RCPT TO:<qp@example.com>", "DATA", "Content-Transfer-Encoding: quoted-printable", ""];
  await speak([...head, "https://example.com/#t=3D1=", "23 caf=C3=A9", "."]);
  assert.equal((await sink.waitFor("qp@example.com", /./)).text, "https://example.com/#t=123 café");
  const base64 = head.map((line) => line.replace("qp@", "b64@").replace("quoted-printable", "base64"));
  await speak([...base64, Buffer.from("café").toString("base64"), "."]);
  assert.equal((await sink.waitFor("b64@example.com", /./)).text, "café");
});

test("the page shows mails newest first, with links, and runs nothing a mail contains", async () => {
  await speak(message("page@example.com", "<script>alert(1)</script>", ["open https://example.com/x?a=1&b=2#token=abc now"]));
  await speak(message("page@example.com", "the newest", ["."]));
  const response = await fetch(sink.url);
  const page = await response.text();
  assert.ok(page.includes('<a href="https://example.com/x?a=1&amp;b=2#token=abc"'));
  assert.ok(!page.includes("<script>"));
  assert.ok(page.indexOf("the newest") < page.indexOf("alert(1)"));
  assert.equal((await fetch(`${sink.url}other`)).status, 404);
  const mail = await sink.waitFor("page@example.com", /alert/);
  assert.equal(linkIn(mail, /token/), "https://example.com/x?a=1&b=2#token=abc");
  assert.throws(() => linkIn(mail, /nowhere/), /no link/);
});

test("commands out of order are refused, and a refusal that was asked for is given once", async () => {
  assert.ok((await speak(["RCPT TO:<a@b.c>", "DATA", "WHAT"])).join("|").includes("503 from whom?|503 to whom?|500 unknown command"));
  sink.refusals.push({ command: "RCPT", answer: "451 later" });
  const answers = await speak(["MAIL FROM:<a@b.c>", "RCPT TO:<a@b.c>", "RCPT TO:<a@b.c>"]);
  assert.deepEqual(answers.slice(-3), ["451 later", "250 ok", "221 bye"]);
});
