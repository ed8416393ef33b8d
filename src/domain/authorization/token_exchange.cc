// Token exchange (RFC 8693), narrowing only: what comes out is worth no more, lives no longer and dies with
// the same grant. docs/rfc-notes/rfc8693.md says who may exchange what.
#include <algorithm>

#include "domain/authorization/authorization_request.h"
#include "domain/authorization/client_rules.h"

namespace valetkey::authorization {
namespace {

constexpr const char* kAccessTokenType = "urn:ietf:params:oauth:token-type:access_token";
constexpr size_t kMaxSubjectToken = 16 * 1024;  // bytes
constexpr size_t kMaxActorText = 2048;          // bytes of a claim `act`: about eight in a chain

Refusal bad(std::string description) {
  return {OauthCode::invalid_request, std::move(description), {}};
}

Refusal bad_token(std::string description) {
  return {OauthCode::invalid_grant, std::move(description), {}};
}

// Section 2.1: what must be there and what is served.
std::optional<Refusal> check_form(const http::Form& form) {
  auto value = [&](std::string_view name) { return http::form_value(form, name); };
  auto is_access_token = [](std::string_view type) { return type == kAccessTokenType; };
  if (value("subject_token").empty()) return bad("subject_token is missing.");
  if (value("subject_token_type").empty()) return bad("subject_token_type is missing.");
  if (!is_access_token(value("subject_token_type"))) return bad("subject_token_type must be access_token.");
  const auto wanted = value("requested_token_type");
  if (!wanted.empty() && !is_access_token(wanted)) return bad("requested_token_type must be access_token.");
  const auto actor_type = value("actor_token_type");
  if (value("actor_token").empty() != actor_type.empty()) {
    return bad("actor_token and actor_token_type come together.");
  }
  if (!actor_type.empty() && !is_access_token(actor_type))
    return bad("actor_token_type must be access_token.");
  if (!value("audience").empty()) {
    return Refusal{OauthCode::invalid_target, "Name the target by resource, not by audience.", {}};
  }
  if (!value("authorization_details").empty()) {
    return Refusal{OauthCode::invalid_authorization_details, "An exchange cannot change them.", {}};
  }
  return std::nullopt;
}

Task<Result<Outcome<AccessToken>>> read_token(const Authority& authority, std::string text,
                                              const char* which) {
  if (text.size() > kMaxSubjectToken) co_return bad_token(std::string(which) + " is too long.");
  const AccessTokens access_tokens(authority.database, authority.clock, authority.keys,
                                   authority.options.issuer, authority.options.seal_secrets);
  auto token = co_await access_tokens.read(std::move(text));
  if (token.ok()) co_return std::move(*token);
  if (token.error().code != Code::unauthorized) co_return std::move(token).error();
  co_return bad_token(std::string(which) + " is expired, revoked or not from here.");
}

Task<Result<std::optional<apps::Resource>>> find_audience(const Authority& authority, std::string uri) {
  auto found = co_await authority.resources.find(std::move(uri));
  if (found.ok()) co_return std::optional(std::move(*found));
  if (found.error().code == Code::not_found) co_return std::nullopt;
  co_return std::move(found).error();
}

// The client that has the token keeps its resource. Who serves that resource may turn to another one of the
// same owner: the person gave the owner access, and never a third party.
Task<Result<Outcome<apps::Resource>>> target_of(const Authority& authority, const TokenRequest& request,
                                                const AccessToken& subject) {
  const apps::Client& client = request.client.client;
  CO_TRY(auto audience, co_await find_audience(authority, subject.audience));
  if (!audience) co_return bad_token("The resource of subject_token is gone.");
  const bool serves = serves_resource(client, *audience);
  if (subject.client_id != client.id && !serves) {
    co_return bad_token("subject_token is neither this app's nor for this app.");
  }
  if (http::form_value(request.form, "resource").empty()) co_return std::move(*audience);
  CO_OAUTH_TRY(auto target, co_await find_requested_resource(authority, client, request.form));
  const bool same = apps::same_resource(target.uri, audience->uri);
  const bool of_same_owner = serves && !target.owner.empty() && target.owner == audience->owner;
  if (!same && !of_same_owner) {
    co_return Refusal{OauthCode::invalid_target, "The consent does not reach to that resource.", {}};
  }
  co_return target;
}

Outcome<Scopes> narrowed(const TokenRequest& request, const AccessToken& subject,
                         const apps::Resource& target) {
  Scopes known = kIdentityScopes;
  for (const auto& scope : target.scopes) known.push_back(scope.name);
  const Scopes reachable = intersect(subject.scopes, known);
  const auto text = http::form_value(request.form, "scope");
  if (text.empty()) return reachable;
  auto wanted = parse_scopes(text);
  if (!wanted || !contains_all(reachable, *wanted)) {
    return Refusal{OauthCode::invalid_scope, "An exchange cannot widen the scope.", {}};
  }
  return *wanted;
}

// Section 4.1: who acts now, around who acted before. Nothing: the chain is too long.
std::optional<std::string> chain_of(const AccessToken& subject, const AccessToken& actor) {
  std::string chain;
  JsonWriter json(chain);
  json.begin_object().member("sub", actor.subject).member("client_id", actor.client_id);
  if (!subject.actor.empty()) json.key("act").raw(subject.actor);
  json.end_object();
  if (chain.size() > kMaxActorText) return std::nullopt;
  return chain;
}

Task<Result<Outcome<std::string>>> actor_of(const Authority& authority, const TokenRequest& request,
                                            const AccessToken& subject) {
  std::string text(http::form_value(request.form, "actor_token"));
  if (text.empty()) co_return subject.actor;
  CO_OAUTH_TRY(AccessToken actor, co_await read_token(authority, std::move(text), "actor_token"));
  if (actor.client_id != request.client.client.id) co_return bad_token("actor_token is another app's.");
  if (!actor.dpop_thumbprint.empty() && actor.dpop_thumbprint != request.dpop_thumbprint) {
    co_return bad_token("actor_token is bound to another DPoP key.");
  }
  auto chain = chain_of(subject, actor);
  if (!chain) co_return bad("The chain of actors is too long.");
  co_return std::move(*chain);
}

Task<Result<std::optional<Grant>>> grant_of(const Authority& authority, std::string id) {
  std::optional<Grant> grant;
  auto look_up = [&](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(grant, find_grant(transaction, id, authority.clock.now()));
    return {};
  };
  CO_CHECK(co_await authority.database.read(std::ref(look_up)));
  co_return grant;
}

}  // namespace

Task<Result<Outcome<TokenAnswer>>> exchange_token(const Authority& authority, TokenRequest request) {
  const apps::Client& client = request.client.client;
  if (auto refused = check_confidential(request.client, kTokenExchange)) co_return std::move(*refused);
  if (auto refused = check_form(request.form)) co_return std::move(*refused);
  std::string text(http::form_value(request.form, "subject_token"));
  CO_OAUTH_TRY(AccessToken subject, co_await read_token(authority, std::move(text), "subject_token"));
  if (!subject.of_person) co_return bad_token("subject_token is not a person's.");
  if (!subject.dpop_thumbprint.empty() && subject.dpop_thumbprint != request.dpop_thumbprint) {
    co_return bad_token("subject_token is bound to a DPoP key that was not proved.");
  }
  CO_OAUTH_TRY(auto target, co_await target_of(authority, request, subject));
  if (auto refused = check_dpop(client, target, request.dpop_thumbprint)) co_return std::move(*refused);
  auto scopes = narrowed(request, subject, target);
  if (auto* refused = std::get_if<Refusal>(&scopes)) co_return std::move(*refused);
  CO_OAUTH_TRY(std::string actor, co_await actor_of(authority, request, subject));
  CO_TRY(auto grant, co_await grant_of(authority, subject.grant_id));
  if (!grant) co_return bad_token("subject_token is revoked.");
  Minting minting{.client = client,
                  .resource = std::move(target),
                  .grant = std::move(*grant),
                  .scopes = std::get<Scopes>(std::move(scopes)),
                  .ai = subject.ai,
                  .dpop_thumbprint = request.dpop_thumbprint,
                  .nonce = {},
                  .with_id_token = false,
                  .actor = std::move(actor),
                  .expires_by = subject.expires_at};
  CO_TRY(TokenAnswer answer, co_await mint_tokens(authority, std::move(minting)));
  answer.issued_token_type = kAccessTokenType;
  co_return answer;
}

}  // namespace valetkey::authorization
