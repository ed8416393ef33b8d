// The nouns of the vault: a provider's sign-in of one person, sealed under its own random key K (product.md,
// split keys).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "foundation/base/clock.h"
#include "foundation/base/ids.h"
#include "foundation/base/secret.h"

namespace valetkey {

// Spelt as on the wire.
enum class ProviderId { openai, xai, github };
constexpr std::array<ProviderId, 3> kAllProviders = {ProviderId::openai, ProviderId::xai, ProviderId::github};
std::string_view to_string(ProviderId id);
std::string_view display_name(ProviderId id);  // "ChatGPT", "Grok", "GitHub Copilot"
std::optional<ProviderId> parse_provider(std::string_view text);

using CredentialId = StrongId<struct CredentialTag>;  // a ULID; the claim `rid`
using UserId = StrongId<struct UserTag>;              // public `user.id`, 43 characters base64url

constexpr size_t kRecordKeySize = 32;

// What opens one credential: held by the pass, never stored in clear.
struct CredentialKey {
  CredentialId id;
  Secret key;  // K, kRecordKeySize bytes
  ProviderId provider = ProviderId::openai;
  std::string app;  // empty: none
};

// What a provider issued at sign-in or refresh.
struct ProviderTokens {
  Secret access;
  Secret refresh;      // empty: the provider gives none
  Millis expires = 0;  // of `access`
  std::string account_id;
  bool fedramp = false;  // openai: claim chatgpt_account_is_fedramp
  std::string plan;      // openai: claim chatgpt_plan_type, as sent
};

// A credential opened for one call. Not to be kept longer than that.
struct OpenCredential {
  CredentialId id;
  ProviderId provider = ProviderId::openai;
  UserId user;
  std::string app;
  std::string originator;
  ProviderTokens tokens;
  int64_t version = 0;  // grows with every write of the row
};

}  // namespace valetkey
