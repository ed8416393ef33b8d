#include "domain/authorization/jwt_bearer.h"

#include <algorithm>

#include "domain/authorization/authorization_request.h"
#include "domain/authorization/client_rules.h"
#include "domain/authorization/dpop.h"
#include "foundation/base/ids.h"
#include "foundation/base/log.h"
#include "foundation/jose/jose.h"

namespace valetkey::authorization {
namespace {

constexpr const char* kType = "oauth-id-jag+jwt";

constexpr sql::Statement kLink{
    "INSERT INTO linked_subjects (issuer, subject, person_id, linked_at) VALUES ($1, $2, $3, $4)"
    " ON CONFLICT (issuer, subject) DO UPDATE SET person_id = excluded.person_id,"
    " linked_at = excluded.linked_at"};
constexpr sql::Statement kFindLink{
    "SELECT person_id FROM linked_subjects WHERE issuer = $1 AND subject = $2"};
constexpr sql::Statement kUnlink{"DELETE FROM linked_subjects WHERE person_id = $1"};

// What an assertion says, once its signature and its claims are checked.
struct Assertion {
  std::string issuer, subject, id;
  int64_t expires_at = 0;
  std::string resource;  // empty: not said
  std::optional<Scopes> scopes;
  std::string email;  // verified; empty: none
};

Refusal bad(std::string description) {
  return {OauthCode::invalid_grant, std::move(description), {}};
}

const TrustedIssuer* find_issuer(const AssertionRules& rules, std::string_view issuer) {
  for (const TrustedIssuer& trusted : rules.issuers) {
    if (trusted.issuer == issuer) return &trusted;
  }
  return nullptr;
}

Task<Result<Outcome<jose::VerifyingKey>>> find_key(const AssertionRules& rules, const TrustedIssuer& issuer,
                                                   const jose::JwsHeader& header) {
  auto key = co_await rules.find_key(issuer.jwks_uri, header.key_id, header.algorithm);
  if (key.ok()) co_return std::move(*key);
  if (key.error().code == Code::not_found) {
    co_return bad("The assertion is signed with a key that its issuer does not publish.");
  }
  log::warn("assertion_keys", {{"issuer", issuer.issuer}, {"detail", key.error().detail}});
  co_return Refusal{
      OauthCode::temporarily_unavailable, "The keys of the assertion's issuer cannot be had now.", {}};
}

// RFC 7523 section 3 leaves aud open; ID-JAG makes it the issuer of this server.
bool names_us(const Json& audience, const std::string& issuer) {
  if (auto one = audience.string()) return *one == issuer;
  return audience.is_array() && audience.size() == 1 && audience.at(0).string_or("") == issuer;
}

std::optional<std::string> problem_of_times(const JsonDocument& claims, int64_t now) {
  auto expires = claims["exp"].integer();
  auto issued = claims["iat"].integer();
  auto begins = claims["nbf"].integer();
  if (!expires || !issued) return "The assertion lacks exp or iat.";
  if (*expires <= now - kAssertionClockSkew) return "The assertion is over.";
  if (*issued > now + kAssertionClockSkew) return "The assertion is from the future.";
  if (begins && *begins > now + kAssertionClockSkew) return "The assertion is not valid yet.";
  if (*expires - now > kLongestAssertion || *expires - *issued > kLongestAssertion) {
    return "The assertion lives too long: at most ten minutes.";
  }
  return std::nullopt;
}

Outcome<Assertion> read_claims(const JsonDocument& claims, const Authority& authority,
                               const apps::Client& client) {
  auto text = [&](const char* name) { return std::string(claims[name].string_or("")); };
  Assertion assertion{text("iss"),      text("sub"),  text("jti"), claims["exp"].integer().value_or(0),
                      text("resource"), std::nullopt, ""};
  if (!names_us(claims["aud"], authority.options.issuer)) return bad("The assertion is for another server.");
  if (text("client_id") != client.id) return bad("The assertion is for another app.");
  if (assertion.subject.empty()) return bad("The assertion lacks sub.");
  if (assertion.id.empty() || assertion.id.size() > kMaxAssertionId) {
    return bad("The assertion lacks jti, or it is too long.");
  }
  if (auto problem = problem_of_times(claims, authority.clock.now_seconds())) return bad(*problem);
  if (claims["resource"].exists() && assertion.resource.empty()) {
    return bad("The assertion must name one resource.");
  }
  if (claims["scope"].exists()) {
    assertion.scopes = parse_scopes(text("scope"));
    if (!assertion.scopes) return bad("The assertion's scope is malformed.");
  }
  if (claims["email_verified"].boolean().value_or(false)) assertion.email = text("email");
  return assertion;
}

Task<Result<Outcome<Assertion>>> read_assertion(const Authority& authority, const AssertionRules& rules,
                                                const TokenRequest& request) {
  const std::string text(http::form_value(request.form, "assertion"));
  if (text.empty()) co_return Refusal{OauthCode::invalid_request, "assertion is missing.", {}};
  if (text.size() > kMaxAssertion) co_return bad("The assertion is too long.");
  auto header = jose::read_jws_header(text);
  if (!header.ok() || header->typ != kType) co_return bad("The assertion is no oauth-id-jag+jwt.");
  auto unverified = jose::read_unverified(text);
  const TrustedIssuer* issuer = unverified ? find_issuer(rules, (*unverified)["iss"].string_or("")) : nullptr;
  if (issuer == nullptr) co_return bad("The assertion's issuer is not trusted here.");
  CO_OAUTH_TRY(auto key, co_await find_key(rules, *issuer, *header));
  auto claims = jose::verify_jws(text, key);
  if (!claims.ok() || (*claims)["iss"].string_or("") != issuer->issuer) {
    co_return bad("The assertion's signature does not fit.");
  }
  co_return read_claims(*claims, authority, request.client.client);
}

Task<Result<Outcome<accounts::Person>>> find_subject(const Authority& authority, const AssertionRules& rules,
                                                     const Assertion& assertion) {
  std::optional<std::string> id;
  auto look_up = [&](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(id, find_linked_person(transaction, assertion.issuer, assertion.subject));
    return {};
  };
  CO_CHECK(co_await authority.database.read(std::ref(look_up)));
  const TrustedIssuer* issuer = find_issuer(rules, assertion.issuer);
  if (!id && issuer->email_identifies && !assertion.email.empty()) {
    CO_TRY(id, co_await rules.find_person_by_email(assertion.email));
  }
  if (!id) co_return bad("The assertion's subject has no account here.");
  auto person = co_await authority.find_person(*id);
  if (person.ok()) co_return std::move(*person);
  if (person.error().code != Code::not_found) co_return std::move(person).error();
  co_return bad("The assertion's subject has no account here.");
}

// The assertion says for which resource it is; the request may repeat it, never change it.
Task<Result<Outcome<apps::Resource>>> find_target(const Authority& authority, const TokenRequest& request,
                                                  const Assertion& assertion) {
  http::Form form = request.form;
  if (!assertion.resource.empty()) form.emplace_back("resource", assertion.resource);
  co_return co_await find_requested_resource(authority, request.client.client, std::move(form));
}

// No AI: its keys are in the person's vault, and the person is not here to open it.
Outcome<Scopes> scopes_for(const Authority& authority, const TokenRequest& request,
                           const Assertion& assertion, const apps::Resource& resource) {
  std::string text(http::form_value(request.form, "scope"));
  if (text.empty() && assertion.scopes) text = join_scopes(*assertion.scopes);
  auto chosen = choose_scopes(authority.options, request.client.client, resource, text);
  auto* scopes = std::get_if<Scopes>(&chosen);
  if (scopes == nullptr) return chosen;
  if (assertion.scopes) *scopes = intersect(*scopes, *assertion.scopes);
  std::erase_if(*scopes, [](const auto& name) { return name == kAiScope || name == "offline_access"; });
  if (scopes->empty() && !text.empty()) {
    return Refusal{OauthCode::invalid_scope, "The assertion allows none of these scopes.", {}};
  }
  return chosen;
}

}  // namespace

Result<void> link_account(sql::Transaction& transaction, const std::string& issuer,
                          const std::string& subject, const std::string& person_id, Millis now) {
  VK_CHECK(transaction.run(kLink, {issuer, subject, person_id, now}));
  return {};
}

Result<std::optional<std::string>> find_linked_person(sql::Transaction& transaction,
                                                      const std::string& issuer, const std::string& subject) {
  VK_TRY(auto rows, transaction.run(kFindLink, {issuer, subject}));
  if (rows.empty()) return std::optional<std::string>();
  return std::optional(rows.front().text(0));
}

Result<void> unlink_person(sql::Transaction& transaction, const std::string& person_id) {
  VK_CHECK(transaction.run(kUnlink, {person_id}));
  return {};
}

Task<Result<Outcome<TokenAnswer>>> redeem_assertion(const Authority& authority, TokenRequest request) {
  const apps::Client& client = request.client.client;
  if (auto refused = check_confidential(request.client, kJwtBearer)) co_return std::move(*refused);
  static const AssertionRules kNobody;
  const AssertionRules& rules = authority.assertions == nullptr ? kNobody : *authority.assertions;
  CO_OAUTH_TRY(Assertion assertion, co_await read_assertion(authority, rules, request));
  CO_OAUTH_TRY(auto resource, co_await find_target(authority, request, assertion));
  if (auto refused = check_dpop(client, resource, request.dpop_thumbprint)) co_return std::move(*refused);
  auto scopes = scopes_for(authority, request, assertion, resource);
  if (auto* refused = std::get_if<Refusal>(&scopes)) co_return std::move(*refused);
  CO_OAUTH_TRY(auto person, co_await find_subject(authority, rules, assertion));

  const Millis now = authority.clock.now();
  const Grant grant{.id = make_ulid(now, authority.random),
                    .person_id = person.id,
                    .client_id = client.id,
                    .resource = resource.uri,
                    .scopes = std::get<Scopes>(std::move(scopes)),
                    .authorization_details = {},
                    .authenticated_at = 0,
                    .created_at = now,
                    .expires_at = now + authority.options.access_token_lifetime + kMinute};
  std::function<Result<bool>(sql::Transaction&)> spend = [&](sql::Transaction& transaction) -> Result<bool> {
    VK_TRY(bool first, see_once(transaction, "assertion " + assertion.issuer, assertion.id,
                                (assertion.expires_at + kAssertionClockSkew) * kSecond));
    if (first) VK_CHECK(insert_grant(transaction, grant));
    return first;
  };
  CO_TRY(bool first, co_await authority.database.write_value<bool>(std::ref(spend)));
  if (!first) co_return bad("The assertion was used before.");
  Minting minting{.client = client,
                  .resource = std::move(resource),
                  .grant = grant,
                  .scopes = grant.scopes,
                  .ai = {},
                  .dpop_thumbprint = request.dpop_thumbprint,
                  .nonce = {}};
  CO_TRY(TokenAnswer answer, co_await mint_tokens(authority, std::move(minting)));
  co_return answer;
}

}  // namespace valetkey::authorization
