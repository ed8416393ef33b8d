// The text of a mail (RFC 5322, MIME: RFC 2045 and 2047). Pure.
#pragma once

#include <string>
#include <string_view>

#include "foundation/base/clock.h"
#include "foundation/base/result.h"
#include "foundation/base/secret.h"
#include "foundation/mail/mailer.h"

namespace valetkey::mail {

struct Mailbox {
  std::string name;  // UTF-8, may be empty
  std::string address;
};
// "Name <a@b>", "\"Name\" <a@b>" or "a@b". Code::invalid_argument: no address, or one we would not send to.
Result<Mailbox> parse_mailbox(std::string_view text);
// One address that can stand in an SMTP command: no control, space, bracket, comma, quote; one @ inside.
bool is_plain_address(std::string_view address);

// As it is when printable ASCII, else encoded words of at most 75 characters, folded (RFC 2047 section 2).
std::string encode_header_text(std::string_view utf8);
// CRLF line ends, lines of at most 76 characters (RFC 2045 section 6.7).
std::string encode_quoted_printable(std::string_view utf8);
std::string format_date(Millis now);  // "Fri, 21 Nov 2025 09:55:06 +0000"

struct Stamp {
  Millis now = 0;
  std::string unique;  // the left half of the Message-ID
};
Secret render_mail(const Mailbox& from, const Message& message, const Stamp& stamp);

}  // namespace valetkey::mail
