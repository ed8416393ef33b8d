#include "jwt.h"

#include "foundation/base/json.h"
#include "foundation/crypto/crypto.h"
#include "foundation/jose/jose.h"
#include "ids.h"

namespace valetkey::emulator {
namespace {

constexpr int64_t kYearSeconds = 365LL * 24 * 3600;

std::string encode(std::string_view bytes, bool padded) {
  std::string text = jose::base64url_encode(bytes);
  while (padded && text.size() % 4 != 0) text += '=';
  return text;
}

std::string sign(std::string_view payload, bool padded) {
  static const Secret key{std::string_view("the emulator's signatures mean nothing")};
  std::string jwt = encode(R"({"alg":"RS256","kid":"emulator-1","typ":"JWT"})", padded);
  jwt += '.';
  jwt += encode(payload, padded);
  return jwt + '.' + encode(crypto::hmac_sha256(key, jwt), padded);
}

void write_times(JsonWriter& json, const JwtInput& input) {
  json.member("iat", input.issued_at / kSecond);
  if (input.shape.no_exp) return;
  int64_t exp = input.expires_at / kSecond;
  if (input.shape.exp_past) exp = input.issued_at / kSecond - 3600;
  if (input.shape.exp_huge) exp = input.issued_at / kSecond + 1000 * kYearSeconds;
  json.member("exp", exp);
}

void write_openai_auth(JsonWriter& json, const JwtInput& input, bool with_organizations) {
  if (input.shape.no_auth_claim) return;
  const Person& person = *input.person;
  json.key("https://api.openai.com/auth").begin_object();
  if (!input.shape.account_in_organizations) json.member("chatgpt_account_id", person.account_id);
  json.member("chatgpt_plan_type", input.shape.unknown_plan ? std::string("galactic") : person.plan);
  json.member("chatgpt_user_id", person.user_id).member("user_id", person.user_id);
  if (input.shape.fedramp) json.member("chatgpt_account_is_fedramp", true);
  if (with_organizations || input.shape.account_in_organizations) {
    json.member("chatgpt_subscription_active_start", "2026-01-01T00:00:00+00:00");
    json.member("chatgpt_subscription_active_until", "2027-01-01T00:00:00+00:00");
    json.key("organizations").begin_array().begin_object();
    json.member("id",
                input.shape.account_in_organizations ? person.account_id : "org-" + person.user_id.substr(5));
    json.member("is_default", true).member("role", "owner").member("title", "Personal");
    json.end_object().end_array();
    json.key("groups").begin_array().end_array();
  }
  json.end_object();
}

}  // namespace

JwtShape jwt_shape_of(std::string_view fault_id) {
  JwtShape shape;
  shape.no_exp = fault_id == "A9.no_exp";
  shape.exp_past = fault_id == "A9.exp_past";
  shape.exp_huge = fault_id == "A9.exp_huge";
  shape.padded = fault_id == "A9.padded";
  shape.no_auth_claim = fault_id == "A9.no_auth_claim";
  shape.account_in_organizations = fault_id == "A9.account_in_organizations";
  shape.unknown_plan = fault_id == "A9.unknown_plan";
  shape.fedramp = fault_id == "A9.fedramp";
  return shape;
}

std::string make_openai_id_token(const JwtInput& input) {
  std::string payload;
  JsonWriter json(payload);
  json.begin_object();
  json.key("aud").begin_array().string(input.client_id).end_array();
  json.member("auth_provider", "password").member("auth_time", input.issued_at / kSecond);
  json.member("email", input.person->email).member("email_verified", true).member("name", input.person->name);
  json.key("https://api.openai.com/profile").begin_object().member("email", input.person->email).end_object();
  write_openai_auth(json, input, true);
  json.member("iss", input.issuer)
      .member("jti", input.jti)
      .member("sid", "session-" + input.jti.substr(0, 12));
  json.member("sub", "auth0|" + input.person->user_id.substr(5));
  write_times(json, input);
  json.end_object();
  return sign(payload, input.shape.padded);
}

std::string make_openai_access_token(const JwtInput& input) {
  std::string payload;
  JsonWriter json(payload);
  json.begin_object();
  json.key("aud").begin_array().string("https://api.openai.com/v1").end_array();
  json.member("client_id", input.client_id);
  write_openai_auth(json, input, false);
  json.key("https://api.openai.com/profile").begin_object();
  json.member("email", input.person->email).member("email_verified", true).end_object();
  json.member("iss", input.issuer).member("jti", input.jti);
  json.key("scp")
      .begin_array()
      .string("openid")
      .string("profile")
      .string("email")
      .string("offline_access")
      .end_array();
  json.member("session_id", "authsess_" + input.jti)
      .member("sub", "auth0|" + input.person->user_id.substr(5));
  write_times(json, input);
  json.end_object();
  return sign(payload, input.shape.padded);
}

std::string make_xai_access_token(const JwtInput& input) {
  std::string payload;
  JsonWriter json(payload);
  json.begin_object().member("iss", input.issuer).member("sub", uuid_of(input.person->email));
  json.member("aud", input.client_id).member("client_id", input.client_id).member("jti", input.jti);
  json.member("scope", "openid profile email offline_access grok-cli:access api:access");
  json.member("principal_type", "User").member("tier", 5);
  write_times(json, input);
  json.end_object();
  return sign(payload, input.shape.padded);
}

std::string make_xai_id_token(const JwtInput& input) {
  std::string payload;
  JsonWriter json(payload);
  json.begin_object().member("iss", input.issuer).member("sub", uuid_of(input.person->email));
  json.member("aud", input.client_id).member("email", input.person->email).member("email_verified", true);
  json.member("name", input.person->name);
  write_times(json, input);
  json.end_object();
  return sign(payload, input.shape.padded);
}

}  // namespace valetkey::emulator
