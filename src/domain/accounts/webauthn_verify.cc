// The only place that knows libfido2. It opens no device: it parses public keys and verifies what was signed.
#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>

#include <memory>

#include "domain/accounts/webauthn.h"
#include "foundation/crypto/crypto.h"

namespace valetkey::accounts {
namespace {

struct Free {
  void operator()(fido_assert_t* assertion) const { fido_assert_free(&assertion); }
  void operator()(es256_pk_t* key) const { es256_pk_free(&key); }
  void operator()(rs256_pk_t* key) const { rs256_pk_free(&key); }
  void operator()(eddsa_pk_t* key) const { eddsa_pk_free(&key); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

const unsigned char* data_of(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

template <class Key>
using FromBytes = int (*)(Key*, const void*, size_t);

// Calls `use` with the parsed key; false when it is none.
template <class Key, class Use>
bool with_key(Key* fresh, FromBytes<Key> parse, std::string_view bytes, Use use) {
  const Owned<Key> key(fresh);
  return key && parse(key.get(), bytes.data(), bytes.size()) == FIDO_OK && use(key.get());
}

template <class Use>
bool with_native(const CoseKey& key, Use use) {
  switch (key.algorithm) {
    case CoseAlgorithm::ES256:
      return key.bytes.size() == 64 && with_key(es256_pk_new(), es256_pk_from_ptr, key.bytes, use);
    case CoseAlgorithm::RS256:
      return key.bytes.size() == 259 && with_key(rs256_pk_new(), rs256_pk_from_ptr, key.bytes, use);
    case CoseAlgorithm::EdDSA:
      return key.bytes.size() == 32 && with_key(eddsa_pk_new(), eddsa_pk_from_ptr, key.bytes, use);
  }
  return false;
}

int extensions_in(const AuthenticatorData& data) {
  return (data.has_hmac_secret ? FIDO_EXT_HMAC_SECRET : 0) | (data.has_cred_blob ? FIDO_EXT_CRED_BLOB : 0);
}

}  // namespace

bool is_valid_key(const CoseKey& key) {
  return with_native(key, [](const void*) { return true; });
}

bool verify_assertion(const CoseKey& key, const AssertionResponse& response, const AuthenticatorData& data,
                      const std::string& rp_id) {
  static const bool once = (fido_init(0), true);
  (void)once;
  const Owned<fido_assert_t> assertion(fido_assert_new());
  const std::string hash = crypto::sha256(response.client_data);
  const std::string_view signed_data = response.authenticator_data;
  const std::string_view signature = response.signature;
  fido_assert_t* raw = assertion.get();
  const bool ready =
      raw != nullptr && fido_assert_set_clientdata_hash(raw, data_of(hash), hash.size()) == FIDO_OK &&
      fido_assert_set_rp(raw, rp_id.c_str()) == FIDO_OK &&
      fido_assert_set_up(raw, FIDO_OPT_TRUE) == FIDO_OK &&
      fido_assert_set_uv(raw, FIDO_OPT_TRUE) == FIDO_OK &&
      fido_assert_set_extensions(raw, extensions_in(data)) == FIDO_OK &&
      fido_assert_set_count(raw, 1) == FIDO_OK &&
      fido_assert_set_authdata_raw(raw, 0, data_of(signed_data), signed_data.size()) == FIDO_OK &&
      fido_assert_set_sig(raw, 0, data_of(signature), signature.size()) == FIDO_OK;
  if (!ready) return false;
  const int algorithm = static_cast<int>(key.algorithm);
  return with_native(
      key, [&](const void* native) { return fido_assert_verify(raw, 0, algorithm, native) == FIDO_OK; });
}

}  // namespace valetkey::accounts
