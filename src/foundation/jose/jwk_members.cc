#include "foundation/jose/jwk_members.h"

#include <algorithm>
#include <vector>

#include "foundation/jose/jose.h"

namespace valetkey::jose {

std::optional<std::string> canonical_bytes(std::string_view text) {
  if (text.find('=') != std::string_view::npos) return std::nullopt;
  return base64url_decode(text);
}

bool repeats_a_member(const Json& value) {
  bool repeats = false;
  if (value.is_array()) {
    value.each_element([&](const Json& element) {
      repeats = repeats_a_member(element);
      return !repeats;
    });
    return repeats;
  }
  if (!value.is_object()) return false;
  std::vector<std::string_view> names;
  names.reserve(value.size());
  value.each_member([&](std::string_view name, const Json& member) {
    names.push_back(name);
    repeats = repeats_a_member(member);
    return !repeats;
  });
  if (repeats) return true;
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) != names.end();
}

}  // namespace valetkey::jose
