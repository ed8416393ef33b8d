#include "domain/authorization/tokens.h"

#include <algorithm>

#include "foundation/base/ids.h"
#include "foundation/crypto/crypto.h"
#include "foundation/jose/jose.h"

namespace valetkey::authorization {
namespace {

// OpenID Connect Core 3.1.3.6: the left half of the hash of the access token.
std::string at_hash(const Secret& access_token) {
  return jose::base64url_encode(crypto::sha256(access_token.reveal()).substr(0, crypto::kSha256Size / 2));
}

std::string id_token_claims(const Authority& authority, const Minting& minting,
                            const accounts::Person& person, const Secret& access_token) {
  int64_t now = authority.clock.now_seconds();
  std::string claims;
  JsonWriter json(claims);
  json.begin_object()
      .member("iss", authority.options.issuer)
      .member("sub", person.id)
      .member("aud", minting.client.id)
      .member("iat", now)
      .member("exp", now + authority.options.id_token_lifetime / kSecond)
      .member("auth_time", minting.grant.authenticated_at / kSecond)
      .member("at_hash", at_hash(access_token));
  if (!minting.nonce.empty()) json.member("nonce", minting.nonce);
  if (contains(minting.scopes, "email")) {
    json.member("email", person.email).member("email_verified", person.email_verified);
  }
  if (contains(minting.scopes, "profile") && !person.name.empty()) json.member("name", person.name);
  json.end_object();
  return claims;
}

AccessToken access_token_of(const Authority& authority, const Minting& minting, const std::string& email) {
  int64_t now = authority.clock.now_seconds();
  bool of_person = !minting.grant.person_id.empty();
  AccessToken token;
  token.id = make_ulid(authority.clock.now(), authority.random);
  token.subject = of_person ? minting.grant.person_id : minting.client.id;
  token.of_person = of_person;
  token.client_id = minting.client.id;
  token.grant_id = minting.grant.id;
  token.audience = minting.resource.uri;
  token.scopes = minting.scopes;
  token.authorization_details = minting.grant.authorization_details;
  token.email = email;
  token.dpop_thumbprint = minting.dpop_thumbprint;
  if (contains(minting.scopes, kAiScope)) token.ai = minting.ai;
  token.issued_at = now;
  token.expires_at = now + authority.options.access_token_lifetime / kSecond;
  if (minting.expires_by != 0) token.expires_at = std::min(token.expires_at, minting.expires_by);
  token.authenticated_at = minting.grant.authenticated_at / kSecond;
  token.actor = minting.actor;
  return token;
}

}  // namespace

Task<Result<TokenAnswer>> mint_tokens(const Authority& authority, Minting minting) {
  bool identity = minting.with_id_token && contains(minting.scopes, "openid");
  bool wants_person = identity || contains(minting.scopes, "email");
  accounts::Person person;
  if (wants_person && !minting.grant.person_id.empty()) {
    CO_TRY(person, co_await authority.find_person(minting.grant.person_id));
  }
  auto keys = authority.keys.current();
  auto algorithm = minting.client.access_token_algorithm_set ? minting.client.access_token_algorithm
                                                             : minting.resource.access_token_algorithm;
  AccessToken token =
      access_token_of(authority, minting, contains(minting.scopes, "email") ? person.email : std::string());
  TokenAnswer answer;
  answer.access_token =
      Secret(mint_access_token(*keys, algorithm, authority.options.issuer,
                               authority.options.seal_secrets.front(), token, authority.random));
  answer.dpop_bound = !token.dpop_thumbprint.empty();
  answer.expires_in = token.expires_at - token.issued_at;
  answer.scopes = minting.scopes;
  answer.authorization_details = minting.grant.authorization_details;
  if (identity && !person.id.empty()) {
    const auto& key = keys->signing_key(minting.client.id_token_algorithm);
    answer.id_token =
        Secret(key.sign_jwt("JWT", id_token_claims(authority, minting, person, answer.access_token)));
  }
  co_return answer;
}

Secret write_token_answer(const TokenAnswer& answer) {
  if (!answer.replayed_body.empty()) return answer.replayed_body;
  std::string body;
  body.reserve(answer.access_token.size() + answer.id_token.size() + 512);
  JsonWriter json(body);
  json.begin_object()
      .member("access_token", answer.access_token.reveal())
      .member("token_type", answer.dpop_bound ? "DPoP" : "Bearer")
      .member("expires_in", answer.expires_in);
  if (!answer.refresh_token.empty()) json.member("refresh_token", answer.refresh_token.reveal());
  if (!answer.id_token.empty()) json.member("id_token", answer.id_token.reveal());
  if (!answer.issued_token_type.empty()) json.member("issued_token_type", answer.issued_token_type);
  json.member("scope", join_scopes(answer.scopes));
  if (!answer.authorization_details.empty()) {
    json.key("authorization_details").raw(answer.authorization_details);
  }
  json.end_object();
  return Secret(std::move(body));
}

std::optional<std::string> subject_of_id_token(const Authority& authority, std::string_view id_token,
                                               std::string& client_id) {
  auto header = jose::read_jws_header(id_token);
  if (!header.ok() || header->typ != "jwt") return std::nullopt;
  auto keys = authority.keys.current();
  const auto* key = keys->find(header->key_id);
  if (key == nullptr) return std::nullopt;
  auto claims = jose::verify_jws(id_token, *key);
  if (!claims.ok() || (*claims)["iss"].string_or("") != authority.options.issuer) return std::nullopt;
  auto audience = (*claims)["aud"].string();
  if (!audience || (!client_id.empty() && *audience != client_id)) return std::nullopt;
  client_id = *audience;
  auto subject = (*claims)["sub"].string();
  if (!subject) return std::nullopt;
  return std::string(*subject);
}

}  // namespace valetkey::authorization
