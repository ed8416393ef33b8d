#include "app/config_values.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <type_traits>

#include "foundation/base/json.h"
#include "foundation/base/strings.h"

namespace valetkey::config {
namespace {

constexpr size_t kMinSecret = 32;  // bytes, decoded
constexpr size_t kMaxText = 4096;

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

bool is_address(const std::string& text) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, text.c_str(), bytes) == 1 || inet_pton(AF_INET6, text.c_str(), bytes) == 1;
}

bool is_network(const std::string& text) {
  size_t slash = text.find('/');
  std::string address = text.substr(0, slash);
  if (!is_address(address)) return false;
  if (slash == std::string::npos) return true;
  auto bits = parse_decimal(std::string_view(text).substr(slash + 1));
  return bits && *bits <= (address.find(':') == std::string::npos ? 32 : 128);
}

// scheme://host[:port][/path]; no user, query or fragment. Paths are appended, so no slash at the end.
bool is_base_url(std::string_view text) {
  size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return false;
  std::string_view name = text.substr(0, scheme), rest = text.substr(scheme + 3);
  return (name == "https" || name == "http") && !rest.empty() && rest.front() != '/' && rest.front() != ':' &&
         rest.back() != '/' && rest.find_first_of("@?# \\") == std::string_view::npos;
}

// What RFC 8414 section 2 asks of an issuer, and no path: the well-known documents lie at the root.
bool is_issuer(std::string_view text) {
  if (!is_base_url(text)) return false;
  std::string_view host = text.substr(text.find("://") + 3);
  if (host.find('/') != std::string_view::npos) return false;
  if (std::any_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) return false;
  if (text.starts_with("https://")) return true;
  std::string_view name = host.substr(0, host.starts_with('[') ? host.find(']') + 1 : host.find(':'));
  return name == "localhost" || name == "127.0.0.1" || name == "[::1]";
}

bool is_smtp_url(std::string_view text) {
  size_t scheme = text.find("://");
  return (text.starts_with("smtp://") || text.starts_with("smtps://")) && scheme + 3 < text.size() &&
         text.substr(scheme + 3).find_first_of("@?# /\\") == std::string_view::npos;
}

bool is_host(std::string_view text) {
  return !text.empty() && text.front() != '.' && text.back() != '.' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
         });
}

bool is_word_of(std::string_view words, std::string_view text) {
  while (!words.empty()) {
    size_t end = std::min(words.find(' '), words.size());
    if (words.substr(0, end) == text) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

// A key that is nothing by default may be set to nothing.
bool is_default(const Key& key, const std::string& text) {
  Config defaults;
  Slot slot = key.slot(defaults);
  auto* member = std::get_if<std::string*>(&slot);
  return member != nullptr && **member == text;
}

// What is wrong with a text; empty when nothing is.
std::string text_problem(const Key& key, const std::string& text) {
  if (text.size() > kMaxText || !is_printable(text))
    return "must be printable ASCII of at most 4096 characters";
  switch (key.check) {
    case Check::none:
      return "";
    case Check::word:
      return is_word_of(key.words, text) ? "" : "must be one of: " + std::string(key.words);
    case Check::address:
      return is_address(text) ? "" : "must be an IP address";
    case Check::network:
      return is_network(text) ? "" : "must be an IP address or a CIDR block";
    case Check::url:
      return is_default(key, text) || is_base_url(text)
                 ? ""
                 : "must be an http or https URL without a slash at its end";
    case Check::host:
      return is_host(text) ? "" : "must be a host name in lower case";
    case Check::issuer:
      return is_default(key, text) || is_issuer(text)
                 ? ""
                 : "must be https://host in lower case, without a path or a "
                   "slash at its end (http only for loopback)";
    case Check::smtp_url:
      return is_default(key, text) || is_smtp_url(text) ? ""
                                                        : "must be smtp://host:port or smtps://host:port";
    case Check::header_text:
      return trim(text) == text && !text.empty() ? "" : "must not be empty or begin or end with a space";
  }
  return "";
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    size_t end = std::min(text.find(','), text.size());
    std::string_view item = trim(text.substr(0, end));
    if (!item.empty()) out.emplace_back(item);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

// Either kind of list: texts in TOML, or one comma separated text.
std::optional<std::vector<std::string>> list_of(const RawValue& raw) {
  if (auto* list = std::get_if<std::vector<std::string>>(&raw.value)) return *list;
  if (auto* text = std::get_if<std::string>(&raw.value)) return split(*text);
  return std::nullopt;
}

// Writes one value; returns what is wrong with it, or an empty text. Overloads by the member's type.
std::string set_value(const Key& key, const RawValue& raw, std::string* member) {
  auto* text = std::get_if<std::string>(&raw.value);
  if (!text) return "must be a text";
  std::string problem = text_problem(key, *text);
  if (problem.empty()) *member = *text;
  return problem;
}

std::string set_value(const Key&, const RawValue& raw, bool* member) {
  if (auto* flag = std::get_if<bool>(&raw.value)) {
    *member = *flag;
    return "";
  }
  auto* text = std::get_if<std::string>(&raw.value);
  bool is_true = text && raw.from_text && (iequals(*text, "true") || *text == "1");
  bool is_false = text && raw.from_text && (iequals(*text, "false") || *text == "0");
  if (!is_true && !is_false) return "must be true or false";
  *member = is_true;
  return "";
}

template <class I>
  requires(std::is_integral_v<I> && !std::is_same_v<I, bool>)
std::string set_value(const Key& key, const RawValue& raw, I* member) {
  std::optional<int64_t> number;
  if (auto* typed = std::get_if<int64_t>(&raw.value)) number = *typed;
  if (auto* text = std::get_if<std::string>(&raw.value); text && raw.from_text) number = parse_decimal(*text);
  if (!number || *number < key.minimum || *number > key.maximum) {
    return "must be an integer from " + std::to_string(key.minimum) + " to " + std::to_string(key.maximum);
  }
  *member = static_cast<I>(*number);
  return "";
}

std::string set_value(const Key& key, const RawValue& raw, std::vector<std::string>* member) {
  auto list = list_of(raw);
  if (!list) return "must be a list of texts";
  for (size_t i = 0; i < list->size(); ++i) {
    std::string problem = text_problem(key, (*list)[i]);
    if (!problem.empty()) return "element " + std::to_string(i + 1) + " " + problem;
  }
  *member = std::move(*list);
  return "";
}

std::string set_value(const Key&, const RawValue& raw, std::vector<ProviderId>* member) {
  auto list = list_of(raw);
  if (!list) return "must be a list of texts";
  std::vector<ProviderId> ids;
  for (const std::string& name : *list) {
    auto id = parse_provider(name);
    if (!id) return "must be of: openai xai github";
    if (std::find(ids.begin(), ids.end(), *id) == ids.end()) ids.push_back(*id);
  }
  *member = std::move(ids);
  return "";
}

std::string set_value(const Key&, const RawValue& raw, Secret* member) {
  auto* text = std::get_if<std::string>(&raw.value);
  if (!text || text->empty() || text->size() > kMaxText || text->find('\0') != std::string::npos) {
    return "must be a text of at most 4096 characters";
  }
  *member = Secret(*text);
  return "";
}

std::string set_value(const Key& key, const RawValue& raw, HiddenSecret hidden) {
  return set_value(key, raw, hidden.secret);
}

std::string set_value(const Key&, const RawValue& raw, SecretRing ring) {
  auto list = list_of(raw);
  if (!list || list->empty()) return "must be hex, at least 32 bytes";
  std::vector<Secret> secrets;
  for (size_t i = 0; i < list->size(); ++i) {
    std::string which = list->size() == 1 ? "" : "secret " + std::to_string(i + 1) + " ";
    auto bytes = from_hex((*list)[i]);
    if (!bytes) return which + "must be hex: digits and a to f, an even number of them";
    if (bytes->size() < kMinSecret) {
      return which + "is too short: " + std::to_string(bytes->size()) + " bytes, at least 32 are needed";
    }
    secrets.emplace_back(std::move(*bytes));
  }
  *ring.secrets = std::move(secrets);
  return "";
}

std::string quoted(std::string_view text) {
  std::string out;
  JsonWriter(out).string(text);
  return out;
}

std::string shown(const std::string& text) {
  return quoted(text);
}
std::string shown(bool flag) {
  return flag ? "true" : "false";
}
template <class I>
  requires(std::is_integral_v<I> && !std::is_same_v<I, bool>)
std::string shown(I number) {
  return std::to_string(number);
}
std::string shown(const std::vector<std::string>& list) {
  std::string out = "[";
  for (const std::string& item : list) out.append(out.size() > 1 ? ", " : "").append(quoted(item));
  return out + "]";
}
std::string shown(const std::vector<ProviderId>& ids) {
  std::vector<std::string> names;
  names.reserve(ids.size());
  for (ProviderId id : ids) names.emplace_back(to_string(id));
  return shown(names);
}

}  // namespace

void assign(const Key& key, const RawValue& raw, Config& config, Problems& problems) {
  RawValue resolved = raw;
  auto report = [&](const std::string& problem) {
    problems.push_back(raw.place + ": " + key.name + ": " + problem);
  };
  if (raw.is_path) {
    auto* path = std::get_if<std::string>(&raw.value);
    if (!path || path->empty()) return report("must be the name of a file");
    auto text = read_small_file(*path);
    if (!text.ok()) return report(text.error().detail);
    resolved.value = std::move(*text);
  }
  auto set = [&](auto member) { return set_value(key, resolved, member); };
  std::string problem = std::visit(set, key.slot(config));
  if (!problem.empty()) return report(problem);
  config.origins[key.name] = raw.place;
}

std::string show(const Key& key, Config& config) {
  auto text = [](auto member) -> std::string {
    using Member = decltype(member);
    if constexpr (std::is_same_v<Member, SecretRing>) {
      return "hidden (" + std::to_string(member.secrets->size()) + ")";
    } else if constexpr (std::is_same_v<Member, HiddenSecret>) {
      return "hidden";
    } else if constexpr (std::is_same_v<Member, Secret*>) {
      return quoted(without_password(member->reveal()));
    } else {
      return shown(*member);
    }
  };
  return std::visit(text, key.slot(config));
}

}  // namespace valetkey::config
