// Scope lists (RFC 6749 section 3.3): ordered, without repeats.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace valetkey::authorization {

using Scopes = std::vector<std::string>;

constexpr size_t kMaxScopeText = 4096;
constexpr size_t kMaxScopes = 100;

// Nothing for a character that is no scope-token's, or past a limit. Repeats are dropped.
std::optional<Scopes> parse_scopes(std::string_view text);
std::string join_scopes(const Scopes& scopes);
bool contains(const Scopes& scopes, std::string_view name);
bool contains_all(const Scopes& scopes, const Scopes& wanted);
Scopes unite(Scopes scopes, const Scopes& more);
Scopes intersect(const Scopes& scopes, const Scopes& allowed);  // in the order of the first

}  // namespace valetkey::authorization
