#include "domain/vault/sealed_record.h"

#include <algorithm>
#include <span>

#include "foundation/base/json.h"
#include "foundation/crypto/crypto.h"

namespace valetkey {
namespace {

constexpr double kLatestExpiry = 9e15;  // far beyond any date, safe to convert
constexpr size_t kHeadSize = 1 + crypto::kAeadNonceSize;

Error refusal(const char* detail) {
  return Error{Code::unauthorized, detail, "vault"};
}

void append_with_length(std::string& out, std::string_view text) {
  auto size = static_cast<uint32_t>(text.size());
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(size >> shift));
  out += text;
}

std::string place_of(const CredentialKey& key) {
  std::string aad(1, kBoundFormat);
  append_with_length(aad, key.id.value);
  append_with_length(aad, key.app);
  append_with_length(aad, to_string(key.provider));
  return aad;
}

std::string write_plaintext(const CredentialKey& key, const RecordContents& contents) {
  const ProviderTokens& tokens = contents.tokens;
  std::string json;
  json.reserve(2 * (tokens.access.size() + tokens.refresh.size()) +
               1024);  // so that no copy is left behind by growth
  JsonWriter(json)
      .begin_object()
      .member("provider", to_string(key.provider))
      .member("access", tokens.access.reveal())
      .member("refresh", tokens.refresh.reveal())
      .member("expires", tokens.expires)
      .member("accountId", tokens.account_id)
      .member("originator", contents.originator)
      .member("user", contents.user.value)
      .member("fedramp", tokens.fedramp)
      .member("plan", tokens.plan)
      .end_object();
  return json;
}

Result<RecordContents> read_plaintext(const CredentialKey& key, std::string_view plaintext) {
  auto document = JsonDocument::parse(plaintext);
  if (!document.ok()) return refusal("record is not JSON");
  Json json = document->root();
  if (json["provider"].string_or("") != to_string(key.provider)) return refusal("record of another provider");
  auto access = json["access"].string();
  if (!access) return refusal("record without access token");

  RecordContents contents;
  contents.tokens.access = Secret(*access);
  contents.tokens.refresh = Secret(json["refresh"].string_or(""));
  // AuthAI computes it in floating point; a fraction of a millisecond is nothing to us.
  contents.tokens.expires =
      static_cast<Millis>(std::clamp(json["expires"].number().value_or(0), 0.0, kLatestExpiry));
  contents.tokens.account_id = json["accountId"].string_or("");
  contents.tokens.fedramp = json["fedramp"].boolean().value_or(false);
  contents.tokens.plan = json["plan"].string_or("");
  contents.originator = json["originator"].string_or("");
  contents.user = UserId(std::string(json["user"].string_or("")));
  return contents;
}

}  // namespace

std::string seal_record(const CredentialKey& key, const RecordContents& contents, Random& random) {
  std::string nonce = random.bytes(crypto::kAeadNonceSize);
  std::string plaintext = write_plaintext(key, contents);
  std::string sealed(1, kBoundFormat);
  sealed += nonce;
  sealed += crypto::aead_seal(key.key, nonce, plaintext, place_of(key));
  wipe_bytes(plaintext.data(), plaintext.size());
  return sealed;
}

Result<RecordContents> open_record(const CredentialKey& key, std::string sealed) {
  if (key.key.size() != kRecordKeySize) return refusal("wrong key size");
  if (sealed.size() < kHeadSize + crypto::kAeadTagSize) return refusal("record too short");
  const char format = sealed.front();
  if (format != kAuthaiFormat && format != kBoundFormat) return refusal("unknown record format");
  std::string aad = format == kBoundFormat ? place_of(key) : "";
  const std::string_view nonce = std::string_view(sealed).substr(1, crypto::kAeadNonceSize);
  const std::span<char> body = std::span(sealed).subspan(kHeadSize);
  if (!crypto::aead_open_in_place(key.key, nonce, body, aad).ok()) return refusal("record does not open");
  const Secret opened(std::move(sealed));
  return read_plaintext(key, opened.reveal().substr(kHeadSize, body.size() - crypto::kAeadTagSize));
}

}  // namespace valetkey
