#include "foundation/jose/jwk.h"

namespace valetkey::jose {
namespace {

Error refused(const char* why) {
  return Error{Code::invalid_argument, why, "jwks"};
}

}  // namespace

Result<JwkSet> JwkSet::parse(std::string_view text) {
  if (text.size() > kMaxJwksSize) return refused("more than 64 KiB");
  VK_TRY(const JsonDocument document, JsonDocument::parse(text));
  const Json keys = document["keys"];
  if (!keys.is_array()) return refused("no array of keys");
  if (keys.size() > kMaxJwksKeys) return refused("more than 64 keys");
  int named = 0;
  document.root().each_member([&](std::string_view name, const Json&) { named += name == "keys" ? 1 : 0; });
  if (named != 1) return refused("two arrays of keys");
  JwkSet set;
  keys.each_element([&](const Json& jwk) {
    auto key = VerifyingKey::parse(jwk);
    if (key.ok()) set.keys_.push_back(*std::move(key));
  });
  return set;
}

const VerifyingKey* JwkSet::find(std::string_view key_id, Algorithm algorithm) const {
  const VerifyingKey* found = nullptr;
  for (const VerifyingKey& key : keys_) {
    if (key.algorithm() != algorithm || (!key_id.empty() && key.key_id() != key_id)) continue;
    if (!key_id.empty()) return &key;
    if (found != nullptr) return nullptr;  // which of the two is not ours to guess
    found = &key;
  }
  return found;
}

}  // namespace valetkey::jose
