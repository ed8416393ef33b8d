#include "domain/sign_in/sign_in_rows.h"
#include "foundation/base/json.h"
#include "foundation/base/strings.h"
#include "foundation/crypto/crypto.h"

namespace valetkey {

SessionSecret::SessionSecret(const std::string& session_id)
    : key_(crypto::hkdf_sha256(Secret(session_id), "", "valetkey sign-in session", crypto::kAeadKeySize)),
      hash_(to_hex(crypto::sha256(session_id))) {}

std::string SessionSecret::bound_to(Purpose purpose) const {
  return (purpose == Purpose::device ? "device:" : "pass:") + hash_;
}

std::string SessionSecret::seal(Purpose purpose, std::string_view plaintext, Random& random) const {
  std::string nonce = random.bytes(crypto::kAeadNonceSize);
  return nonce + crypto::aead_seal(key_, nonce, plaintext, bound_to(purpose));
}

Result<Secret> SessionSecret::open(Purpose purpose, std::string_view sealed) const {
  if (sealed.size() < crypto::kAeadNonceSize + crypto::kAeadTagSize) {
    return Error{Code::unauthorized, "too short", "sign_in"};
  }
  return crypto::aead_open(key_, sealed.substr(0, crypto::kAeadNonceSize),
                           sealed.substr(crypto::kAeadNonceSize), bound_to(purpose));
}

std::string write_device_code(const DeviceCode& code) {
  std::string json;
  json.reserve(2 * code.device_code.size() + 512);
  JsonWriter(json)
      .begin_object()
      .member("device_code", code.device_code.reveal())
      .member("user_code", code.user_code)
      .member("verification_url", code.verification_url)
      .member("interval", code.interval)
      .member("lifetime", code.lifetime)
      .end_object();
  return json;
}

Result<DeviceCode> read_device_code(const Secret& text) {
  VK_TRY(JsonDocument document, JsonDocument::parse(text.reveal()));
  DeviceCode code;
  code.device_code = Secret(document["device_code"].string_or(""));
  code.user_code = document["user_code"].string_or("");
  code.verification_url = document["verification_url"].string_or("");
  code.interval = document["interval"].integer().value_or(code.interval);
  code.lifetime = document["lifetime"].integer().value_or(code.lifetime);
  return code;
}

}  // namespace valetkey
