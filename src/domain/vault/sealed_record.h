// The bytes of a sealed credential: format byte, IV (12), AES-256-GCM ciphertext and tag (16). Pure.
//   0x00  AuthAI's own rows: no AAD, so the row alone vouches for where they belong
//   0x01  ours: AAD = format byte, record id, app, provider, each text preceded by its length (4 bytes,
//   big-endian)
// The plaintext is AuthAI's JSON; ours adds user, fedramp and plan (spec authai.md section 2.5).
#pragma once

#include <string>
#include <string_view>

#include "domain/vault/credential.h"
#include "foundation/base/random.h"
#include "foundation/base/result.h"

namespace valetkey {

constexpr char kAuthaiFormat = 0x00;
constexpr char kBoundFormat = 0x01;

struct RecordContents {
  ProviderTokens tokens;
  std::string originator;
  UserId user;  // empty in AuthAI's rows
};

// Always in our format. The IV is fresh, so the same key seals every version of one record.
std::string seal_record(const CredentialKey& key, const RecordContents& contents, Random& random);

// Code::unauthorized for everything that does not open: wrong key, another place, an unknown format, damage.
// `sealed` is opened where it lies and wiped.
Result<RecordContents> open_record(const CredentialKey& key, std::string sealed);

}  // namespace valetkey
