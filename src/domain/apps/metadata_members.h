// Reading members of client metadata. Private to the module.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "domain/apps/clients.h"
#include "foundation/base/json.h"

namespace valetkey::apps {

// RFC 7592 section 2.2: null is as absent.
inline Json member(const Json& object, std::string_view name) {
  Json value = object[name];
  return value.is_null() ? Json() : value;
}

// Nothing for what is no list of at most `most` strings.
inline std::optional<std::vector<std::string>> strings_of(const Json& list, size_t most) {
  if (!list.is_array() || list.size() > most) return std::nullopt;
  std::vector<std::string> out;
  bool all_strings = true;
  list.each_element([&](const Json& element) {
    all_strings = all_strings && element.is_string();
    out.emplace_back(element.string_or(""));
  });
  if (!all_strings) return std::nullopt;
  return out;
}

inline RegistrationProblem bad_metadata(std::string description) {
  return {"invalid_client_metadata", std::move(description)};
}

}  // namespace valetkey::apps
