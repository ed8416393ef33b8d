#include "domain/accounts/email_address.h"

#include <algorithm>

#include "domain/accounts/person.h"
#include "foundation/base/strings.h"

namespace valetkey::accounts {
namespace {

constexpr size_t kMaxLocalPart = 64;
constexpr size_t kMaxLabel = 63;

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
}

// RFC 5322 dot-atom, in lower case.
bool is_local_part(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-/=?^_`{|}~.";
  if (text.empty() || text.size() > kMaxLocalPart) return false;
  if (text.front() == '.' || text.back() == '.' || text.find("..") != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_alphanumeric(c) || kMarks.find(c) != std::string_view::npos; });
}

bool is_label(std::string_view text) {
  if (text.empty() || text.size() > kMaxLabel || text.front() == '-' || text.back() == '-') return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return is_alphanumeric(c) || c == '-'; });
}

bool is_domain(std::string_view text) {
  if (text == "localhost") return true;
  if (text.find('.') == std::string_view::npos) return false;
  while (true) {
    const size_t dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

}  // namespace

std::optional<std::string> canonical_email(std::string_view typed) {
  const std::string email = to_lower(trim(typed));
  const size_t at = email.find('@');
  if (email.size() > kMaxEmail || at == std::string::npos) return std::nullopt;
  const std::string_view text = email;
  if (!is_local_part(text.substr(0, at)) || !is_domain(text.substr(at + 1))) return std::nullopt;
  return email;
}

std::optional<std::string> check_name(std::string_view typed) {
  const std::string_view name = trim(typed);
  if (!is_valid_utf8(name) || count_characters(name) > kMaxName) return std::nullopt;
  const bool has_control =
      std::any_of(name.begin(), name.end(), [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
  if (has_control) return std::nullopt;
  return std::string(name);
}

size_t count_characters(std::string_view utf8) {
  return static_cast<size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

}  // namespace valetkey::accounts
