// Any bytes as CBOR, as an attestation object, as authenticator data (ours and libfido2's reading of it) and
// as client data: no crash, views stay inside the input, and nothing is accepted with a byte more or less.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "domain/accounts/cbor.h"
#include "domain/accounts/webauthn.h"

namespace {

using namespace valetkey::accounts;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_item(std::string_view input) {
  CborReader reader(input);
  if (!reader.skip().ok()) return;
  const size_t used = input.size() - reader.rest().size();
  require(used > 0 && used <= input.size());
  require(!CborReader(input.substr(0, used - 1)).skip().ok());
  CborReader alone(input.substr(0, used));
  require(alone.skip().ok() && alone.rest().empty());
}

// Nobody signs with this one: the generator of P-256 as a public key.
const CoseKey& some_key() {
  static const CoseKey key{CoseAlgorithm::ES256,
                           std::string("\x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2"
                                       "\x77\x03\x7d\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96"
                                       "\x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16"
                                       "\x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\x51\xf5",
                                       64)};
  return key;
}

void check_data(std::string_view input) {
  const auto data = read_authenticator_data(input);
  if (!data.ok()) return;
  require(!read_authenticator_data(input.substr(0, input.size() - 1)).ok());
  require(!read_authenticator_data(std::string(input) + '\0').ok());
  AssertionResponse response;
  response.authenticator_data = input;
  response.client_data = "{}";
  response.signature = input.substr(0, 64);
  if (!data->attested) return require(!verify_assertion(some_key(), response, *data, "valet.example"));
  require(!data->attested->id.empty() && data->attested->id.size() <= kMaxCredentialId);
  require(is_valid_key(data->attested->key));
  require(!verify_assertion(data->attested->key, response, *data, "valet.example"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  check_item(input);
  check_data(input);
  if (const auto data = read_attestation_object(input); data.ok()) {
    require(data->data() >= input.data() && data->data() + data->size() <= input.data() + input.size());
    check_data(*data);
  }
  static_cast<void>(read_client_data(input, {"webauthn.get", "https://valet.example"}));
  if (auto document = valetkey::JsonDocument::parse(input); document.ok()) {
    static_cast<void>(read_registration_response(document->root()));
    static_cast<void>(read_assertion_response(document->root()));
  }
  return 0;
}
