#include "foundation/mail/mail_format.h"

#include <algorithm>
#include <ctime>

#include "foundation/base/strings.h"
#include "foundation/jose/jose.h"

namespace valetkey::mail {
namespace {

constexpr size_t kEncodedLine = 76;
constexpr size_t kWordBytes = 45;  // of UTF-8 in one encoded word: 60 characters of base64, 72 with the frame
constexpr std::string_view kHex = "0123456789ABCDEF";

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

bool is_printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

std::string mailbox_text(const Mailbox& mailbox) {
  if (mailbox.name.empty()) return "<" + mailbox.address + ">";
  if (!is_printable_ascii(mailbox.name)) {
    return encode_header_text(mailbox.name) + " <" + mailbox.address + ">";
  }
  std::string quoted = "\"";
  for (char c : mailbox.name) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return quoted + "\" <" + mailbox.address + ">";
}

// One byte, as it is or as "=XX"; a soft line break before it when the line is full.
void append_quoted(std::string& out, char byte, bool literally, size_t& column) {
  const size_t width = literally ? 1 : 3;
  if (column + width > kEncodedLine - 1) {
    out += "=\r\n";
    column = 0;
  }
  if (literally) {
    out.push_back(byte);
  } else {
    const auto value = static_cast<uint8_t>(byte);
    out.push_back('=');
    out.push_back(kHex[value >> 4]);
    out.push_back(kHex[value & 15]);
  }
  column += width;
}

}  // namespace

bool is_plain_address(std::string_view address) {
  const size_t at = address.find('@');
  if (address.size() > kMaxMailAddress || at == 0 || at == std::string_view::npos) return false;
  if (at + 1 == address.size() || address.find('@', at + 1) != std::string_view::npos) return false;
  const bool has_stranger = std::any_of(address.begin(), address.end(), [](char c) {
    return (c >= 0 && c <= ' ') || c == '\x7f' ||
           std::string_view("<>()[],;:\"\\").find(c) != std::string_view::npos;
  });
  return !has_stranger && is_valid_utf8(address);
}

Result<Mailbox> parse_mailbox(std::string_view text) {
  Mailbox mailbox;
  text = trim(text);
  const size_t open = text.rfind('<');
  if (open == std::string_view::npos) {
    mailbox.address = text;
  } else if (text.ends_with('>')) {
    mailbox.address = text.substr(open + 1, text.size() - open - 2);
    std::string_view name = trim(text.substr(0, open));
    if (name.size() >= 2 && name.starts_with('"') && name.ends_with('"'))
      name = name.substr(1, name.size() - 2);
    mailbox.name = name;
  }
  const bool has_control = std::any_of(mailbox.name.begin(), mailbox.name.end(),
                                       [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
  if (!is_plain_address(mailbox.address) || has_control || !is_valid_utf8(mailbox.name)) {
    return Error{Code::invalid_argument, "not a sender's address: use \"Name <name@example.com>\"", "mail"};
  }
  return mailbox;
}

std::string encode_header_text(std::string_view utf8) {
  if (is_printable_ascii(utf8) && utf8.find("=?") == std::string_view::npos) return std::string(utf8);
  std::string out;
  while (!utf8.empty()) {
    size_t size = std::min(kWordBytes, utf8.size());
    while (size < utf8.size() && size > 1 && is_continuation(utf8[size])) --size;
    if (!out.empty()) out += "\r\n ";
    out += "=?utf-8?B?" + jose::base64_encode(utf8.substr(0, size)) + "?=";
    utf8.remove_prefix(size);
  }
  return out;
}

std::string encode_quoted_printable(std::string_view utf8) {
  std::string out;
  out.reserve(3 * utf8.size() + 3 * utf8.size() / 20 + 16);  // so that no copy is left behind by growth
  size_t column = 0;
  for (size_t i = 0; i < utf8.size(); ++i) {
    const char c = utf8[i];
    if (c == '\r' && i + 1 < utf8.size() && utf8[i + 1] == '\n') continue;
    if (c == '\n') {
      out += "\r\n";
      column = 0;
      continue;
    }
    const bool ends_line = i + 1 == utf8.size() || utf8[i + 1] == '\n' || utf8[i + 1] == '\r';
    const bool literally = (c > ' ' && c <= '~' && c != '=') || ((c == ' ' || c == '\t') && !ends_line);
    append_quoted(out, c, literally, column);
  }
  return out;
}

std::string format_date(Millis now) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const time_t seconds = now / kSecond;
  tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d +0000", kDays[parts.tm_wday],
                parts.tm_mday, kMonths[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min,
                parts.tm_sec);
  return text;
}

Secret render_mail(const Mailbox& from, const Message& message, const Stamp& stamp) {
  const std::string domain = from.address.substr(from.address.find('@') + 1);
  std::string mail;
  mail.reserve(2048 + 4 * message.text.size());  // so that no copy is left behind by growth
  mail += "Date: " + format_date(stamp.now) + "\r\n";
  mail += "From: " + mailbox_text(from) + "\r\n";
  mail += "To: <" + message.to + ">\r\n";
  mail += "Subject: " + encode_header_text(message.subject) + "\r\n";
  mail += "Message-ID: <" + stamp.unique + "@" + domain + ">\r\n";
  mail += "MIME-Version: 1.0\r\n";
  mail += "Content-Type: text/plain; charset=utf-8\r\n";
  mail += "Content-Transfer-Encoding: quoted-printable\r\n";
  mail += "Auto-Submitted: auto-generated\r\n";  // RFC 3834: no out-of-office answers
  mail += "\r\n";
  std::string text = encode_quoted_printable(message.text.reveal());
  mail += text;
  mail += "\r\n";
  wipe_bytes(text.data(), text.size());
  return Secret(std::move(mail));
}

}  // namespace valetkey::mail
