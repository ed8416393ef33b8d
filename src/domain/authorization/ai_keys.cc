#include "domain/authorization/ai_keys.h"

#include "foundation/base/json.h"
#include "foundation/crypto/held_secret.h"
#include "foundation/jose/jose.h"

namespace valetkey::authorization {
namespace {

std::string purpose_of(std::string_view token_id) {
  return "access token " + std::string(token_id);
}

}  // namespace

Secret write_ai_keys(const AiKeys& keys) {
  if (keys.empty()) return {};
  std::string text;
  text.reserve(160 * keys.size());
  JsonWriter json(text);
  json.begin_array();
  for (const CredentialKey& key : keys) {
    json.begin_object()
        .member("id", key.id.value)
        .member("k", jose::base64url_encode(key.key.reveal()))
        .member("provider", to_string(key.provider))
        .member("app", key.app)
        .end_object();
  }
  json.end_array();
  return Secret(std::move(text));
}

Result<AiKeys> read_ai_keys(const Secret& text) {
  AiKeys keys;
  if (text.empty()) return keys;
  VK_TRY(JsonDocument document, JsonDocument::parse(text.reveal()));
  document.root().each_element([&](const Json& entry) {
    auto key = jose::base64url_decode(entry["k"].string_or(""));
    auto provider = parse_provider(entry["provider"].string_or(""));
    if (!key || key->size() != kRecordKeySize || !provider) return;
    keys.push_back({CredentialId(std::string(entry["id"].string_or(""))), Secret(std::move(*key)), *provider,
                    std::string(entry["app"].string_or(""))});
  });
  return keys;
}

std::string seal_claim(const AiKeys& keys, const Secret& seal_secret, std::string_view token_id,
                       Random& random) {
  if (keys.empty()) return "";
  crypto::HeldSecret held(seal_secret, purpose_of(token_id));
  return jose::base64url_encode(held.seal(write_ai_keys(keys).reveal(), random));
}

Result<AiKeys> open_claim(std::string_view claim, const std::vector<Secret>& seal_secrets,
                          std::string_view token_id) {
  if (claim.empty()) return AiKeys{};
  auto sealed = jose::base64url_decode(claim);
  if (!sealed) return Error{Code::unauthorized, "claim k", "ai_keys"};
  for (const Secret& secret : seal_secrets) {
    auto text = crypto::HeldSecret(secret, purpose_of(token_id)).open(*sealed);
    if (text.ok()) return read_ai_keys(*text);
  }
  return Error{Code::unauthorized, "claim k", "ai_keys"};
}

}  // namespace valetkey::authorization
