#include "domain/authorization/introspection.h"

#include <algorithm>

#include "domain/authorization/client_rules.h"
#include "domain/authorization/refresh_token_rows.h"

namespace valetkey::authorization {
namespace {

constexpr const char* kInactive = R"({"active":false})";

// An access token is a JWT; a refresh token has no dot in it.
bool looks_like_jwt(std::string_view token) {
  return std::count(token.begin(), token.end(), '.') == 2;
}

Task<Result<bool>> may_see(const Authority& authority, const IntrospectionRules& rules,
                           const apps::Client& caller, const AccessToken& token) {
  if (token.client_id == caller.id) co_return true;
  const auto& trusted = rules.trusted_clients;
  if (std::find(trusted.begin(), trusted.end(), caller.id) != trusted.end()) co_return true;
  if (caller.kind != apps::ClientKind::builder) co_return false;
  auto resource = co_await authority.resources.find(token.audience);
  if (resource.ok()) co_return serves_resource(caller, *resource);
  if (resource.error().code == Code::not_found) co_return false;
  co_return std::move(resource).error();
}

void write_confirmation(JsonWriter& json, const std::string& thumbprint) {
  if (thumbprint.empty()) return;
  json.key("cnf").begin_object().member("jkt", thumbprint).end_object();
}

void write_details(JsonWriter& json, const std::string& details) {
  if (!details.empty()) json.key("authorization_details").raw(details);
}

std::string describe(const std::string& issuer, const AccessToken& token) {
  std::string body;
  body.reserve(512);
  JsonWriter json(body);
  json.begin_object()
      .member("active", true)
      .member("iss", issuer)
      .member("sub", token.subject)
      .member("aud", token.audience)
      .member("client_id", token.client_id)
      .member("scope", join_scopes(token.scopes))
      .member("token_type", token.dpop_thumbprint.empty() ? "Bearer" : "DPoP")
      .member("iat", token.issued_at)
      .member("exp", token.expires_at)
      .member("jti", token.id);
  write_confirmation(json, token.dpop_thumbprint);
  write_details(json, token.authorization_details);
  if (!token.actor.empty()) json.key("act").raw(token.actor);
  json.end_object();
  return body;
}

std::string describe(const std::string& issuer, const StoredRefreshToken& token, const Grant& grant) {
  std::string body;
  JsonWriter json(body);
  json.begin_object()
      .member("active", true)
      .member("iss", issuer)
      .member("sub", grant.person_id)
      .member("aud", grant.resource)
      .member("client_id", token.client_id)
      .member("scope", join_scopes(token.scopes))
      .member("exp", std::min(token.expires_at, grant.expires_at) / kSecond);
  write_confirmation(json, token.dpop_thumbprint);
  write_details(json, grant.authorization_details);
  json.end_object();
  return body;
}

// Only its own client may see a refresh token: nobody else has any business with one.
Task<Result<std::string>> introspect_refresh_token(const Authority& authority, std::string client_id,
                                                   std::string token) {
  Millis now = authority.clock.now();
  std::string body = kInactive;
  auto look_up = [&](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(auto row, look_up_refresh_token(transaction, token));
    if (!row || row->client_id != client_id || row->used_at != 0 || row->expires_at <= now) return {};
    VK_TRY(auto grant, find_grant(transaction, row->grant_id, now));
    if (grant) body = describe(authority.options.issuer, *row, *grant);
    return {};
  };
  CO_CHECK(co_await authority.database.read(std::ref(look_up)));
  co_return body;
}

}  // namespace

Task<Result<Outcome<std::string>>> introspect(const Authority& authority, const AccessTokens& access_tokens,
                                              const IntrospectionRules& rules,
                                              apps::AuthenticatedClient caller, http::Form form) {
  if (caller.method == apps::AuthMethod::none) {
    co_return Refusal{OauthCode::invalid_client, "Introspection is for clients that authenticate.", {}};
  }
  std::string token(http::form_value(form, "token"));
  if (token.empty()) co_return Refusal{OauthCode::invalid_request, "token is missing.", {}};
  if (token.size() > kMaxIntrospectedToken) co_return Outcome<std::string>(kInactive);
  if (!looks_like_jwt(token)) {
    CO_TRY(std::string body,
           co_await introspect_refresh_token(authority, caller.client.id, std::move(token)));
    co_return Outcome<std::string>(std::move(body));
  }
  auto read = co_await access_tokens.read(std::move(token));
  if (!read.ok()) {
    if (read.error().code == Code::unauthorized) co_return Outcome<std::string>(kInactive);
    co_return std::move(read).error();
  }
  CO_TRY(bool visible, co_await may_see(authority, rules, caller.client, *read));
  co_return Outcome<std::string>(visible ? describe(authority.options.issuer, *read) : kInactive);
}

}  // namespace valetkey::authorization
