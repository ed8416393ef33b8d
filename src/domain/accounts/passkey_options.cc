#include "domain/accounts/passkey_options.h"

#include "domain/accounts/webauthn.h"
#include "foundation/crypto/crypto.h"
#include "foundation/jose/jose.h"

namespace valetkey::accounts {
namespace {

// The same for every person, since nobody is known yet when a sign-in begins; the output differs by passkey.
void write_extensions(JsonWriter& json, const RelyingParty& relying_party, bool creates) {
  const std::string salt = crypto::sha256("valetkey passkey vault key 1:" + relying_party.id);
  json.key("extensions").begin_object();
  json.key("prf").begin_object().key("eval").begin_object();
  json.member("first", jose::base64url_encode(salt));
  json.end_object().end_object();
  if (creates) json.member("credProps", true);
  json.end_object();
}

void write_user(JsonWriter& json, const Person& person) {
  json.key("user").begin_object();
  json.member("id", jose::base64url_encode(person.id));
  json.member("name", person.email);
  json.member("displayName", person.name.empty() ? person.email : person.name);
  json.end_object();
}

}  // namespace

std::string creation_options(const RelyingParty& relying_party, const Person& person,
                             std::string_view challenge, const std::vector<PasskeyRow>& present) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.key("rp").begin_object();
  json.member("id", relying_party.id).member("name", relying_party.name).end_object();
  write_user(json, person);
  json.member("challenge", jose::base64url_encode(challenge));
  json.key("pubKeyCredParams").begin_array();
  for (CoseAlgorithm algorithm : kCoseAlgorithms) {
    json.begin_object()
        .member("type", "public-key")
        .member("alg", static_cast<int64_t>(algorithm))
        .end_object();
  }
  json.end_array();
  json.member("timeout", kPasskeyChallengeLifetime);
  json.key("excludeCredentials").begin_array();
  for (const PasskeyRow& row : present) {
    json.begin_object().member("type", "public-key").member("id", row.id).end_object();
  }
  json.end_array();
  json.key("authenticatorSelection").begin_object();
  json.member("residentKey", "required").member("requireResidentKey", true);
  json.member("userVerification", "required").end_object();
  json.member("attestation", "none");
  write_extensions(json, relying_party, true);
  json.end_object();
  return out;
}

std::string request_options(const RelyingParty& relying_party, std::string_view challenge) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.member("challenge", jose::base64url_encode(challenge));
  json.member("timeout", kPasskeyChallengeLifetime);
  json.member("rpId", relying_party.id);
  json.key("allowCredentials").begin_array().end_array();  // whichever the person has
  json.member("userVerification", "required");
  write_extensions(json, relying_party, false);
  json.end_object();
  return out;
}

}  // namespace valetkey::accounts
