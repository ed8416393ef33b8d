#include "foundation/mail/mail_format.h"

#include <gtest/gtest.h>

#include <sstream>

namespace valetkey::mail {
namespace {

TEST(MailFormat, SendersAreReadInEverySpelling) {
  for (const char* text :
       {"Valet key <a@b.example>", "\"Valet key\" <a@b.example>", "  Valet key   <a@b.example> "}) {
    auto mailbox = parse_mailbox(text);
    ASSERT_TRUE(mailbox.ok()) << text;
    EXPECT_EQ(mailbox->name, "Valet key");
    EXPECT_EQ(mailbox->address, "a@b.example");
  }
  EXPECT_EQ(parse_mailbox("a@b.example")->name, "");
  for (const char* bad : {"", "Valet key", "Valet <a@b", "Valet <>", "a@b <c", "Va\nlet <a@b>", "<a b@c>"}) {
    EXPECT_FALSE(parse_mailbox(bad).ok()) << bad;
  }
}

TEST(MailFormat, AnAsciiHeaderStaysAsItIs) {
  EXPECT_EQ(encode_header_text("Reset your password"), "Reset your password");
  EXPECT_EQ(encode_header_text("=?utf-8?B?eA==?="), "=?utf-8?B?PT91dGYtOD9CP2VBPT0/PQ==?=");
}

TEST(MailFormat, Utf8HeadersBecomeEncodedWordsCutBetweenCharacters) {
  EXPECT_EQ(encode_header_text("Grüße"), "=?utf-8?B?R3LDvMOfZQ==?=");
  std::string many;
  for (int i = 0; i < 60; ++i) many += "€";  // three bytes each
  std::istringstream lines(encode_header_text(many));
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    if (line.ends_with('\r')) line.pop_back();
    EXPECT_EQ(line.starts_with(' '), count > 0);
    EXPECT_LE(line.size(), 76u);
    EXPECT_EQ(line.substr(line.size() - 2), "?=");
  }
  EXPECT_EQ(count, 4);
  EXPECT_LE(encode_header_text("x" + many).find("\r\n"), 75u);
}

TEST(MailFormat, QuotedPrintableEncodesWhatAMailServerCouldChange) {
  EXPECT_EQ(encode_quoted_printable("a=b\nü \nend\t"), "a=3Db\r\n=C3=BC=20\r\nend=09");
  EXPECT_EQ(encode_quoted_printable("one\r\ntwo"), "one\r\ntwo");
  EXPECT_EQ(encode_quoted_printable("bare\rCR"), "bare=0DCR");
  EXPECT_EQ(encode_quoted_printable(""), "");
}

TEST(MailFormat, QuotedPrintableLinesAreNeverLongerThanSeventySix) {
  EXPECT_EQ(encode_quoted_printable(std::string(75, 'x')), std::string(75, 'x'));
  EXPECT_EQ(encode_quoted_printable(std::string(76, 'x')), std::string(75, 'x') + "=\r\nx");
  for (size_t lead = 60; lead < 80; ++lead) {
    std::istringstream lines(encode_quoted_printable(std::string(lead, 'x') + "üüüüüüüüüüüüüüüüü"));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 77u);  // with the CR
  }
}

TEST(MailFormat, TheDateIsInUtc) {
  EXPECT_EQ(format_date(0), "Thu, 01 Jan 1970 00:00:00 +0000");
  EXPECT_EQ(format_date(1'763'718'906'999), "Fri, 21 Nov 2025 09:55:06 +0000");
}

TEST(MailFormat, AMailCarriesWhatReadersAndFiltersExpect) {
  Message message{"ada@example.com", "Grüße", Secret(std::string("Link: https://h/#t=1\n"))};
  Secret mail = render_mail(*parse_mailbox("Schlüssel <no-reply@valet.example>"), message, {0, "unique"});
  EXPECT_EQ(mail.reveal(),
            "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"
            "From: =?utf-8?B?U2NobMO8c3NlbA==?= <no-reply@valet.example>\r\n"
            "To: <ada@example.com>\r\n"
            "Subject: =?utf-8?B?R3LDvMOfZQ==?=\r\n"
            "Message-ID: <unique@valet.example>\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "\r\n"
            "Link: https://h/#t=3D1\r\n\r\n");
}

}  // namespace
}  // namespace valetkey::mail
