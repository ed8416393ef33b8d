// A protected resource as JSON, and the rules for what a builder may register. Pure; private to the module.
#pragma once

#include <string>
#include <string_view>

#include "domain/apps/resources.h"

namespace valetkey::apps {

constexpr size_t kMaxResourceUri = 2048;
constexpr size_t kMaxResourceName = 200;  // bytes
constexpr size_t kMaxResourceScopes = 64;
constexpr size_t kMaxScopeName = 128;         // bytes
constexpr size_t kMaxScopeDescription = 300;  // bytes

// One spelling for all that same_resource() takes for the same. Empty: no absolute http(s) URI.
std::string resource_key(std::string_view uri);
// Code::invalid_argument with a sentence that may be shown.
Result<Resource> read_resource(const Json& body);
// From the text that write_resource() wrote. Code::store for any other.
Result<Resource> read_stored_resource(std::string_view text);

}  // namespace valetkey::apps
