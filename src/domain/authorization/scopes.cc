#include "domain/authorization/scopes.h"

#include <algorithm>

namespace valetkey::authorization {
namespace {

bool is_scope_char(char c) {
  return c >= 0x21 && c <= 0x7e && c != '"' && c != '\\';
}

}  // namespace

std::optional<Scopes> parse_scopes(std::string_view text) {
  if (text.size() > kMaxScopeText) return std::nullopt;
  Scopes scopes;
  while (!text.empty()) {
    size_t end = std::min(text.find(' '), text.size());
    std::string_view name = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (name.empty()) continue;
    if (!std::all_of(name.begin(), name.end(), is_scope_char)) return std::nullopt;
    if (contains(scopes, name)) continue;
    if (scopes.size() == kMaxScopes) return std::nullopt;
    scopes.emplace_back(name);
  }
  return scopes;
}

std::string join_scopes(const Scopes& scopes) {
  std::string text;
  for (const std::string& name : scopes) text += (text.empty() ? "" : " ") + name;
  return text;
}

bool contains(const Scopes& scopes, std::string_view name) {
  return std::find(scopes.begin(), scopes.end(), name) != scopes.end();
}

bool contains_all(const Scopes& scopes, const Scopes& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& name) { return contains(scopes, name); });
}

Scopes unite(Scopes scopes, const Scopes& more) {
  for (const std::string& name : more) {
    if (!contains(scopes, name)) scopes.push_back(name);
  }
  return scopes;
}

Scopes intersect(const Scopes& scopes, const Scopes& allowed) {
  Scopes both;
  for (const std::string& name : scopes) {
    if (contains(allowed, name)) both.push_back(name);
  }
  return both;
}

}  // namespace valetkey::authorization
