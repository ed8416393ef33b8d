// client_credentials (RFC 6749 section 4.4): a client acts for itself. No grant, no refresh token, no ID
// token, and nothing is written: the token's own life is short.
#include "domain/authorization/authorization_request.h"
#include "domain/authorization/client_rules.h"

namespace valetkey::authorization {
namespace {

// What needs a person cannot be had here. Nothing asked for: what the client registered, of this resource.
Outcome<Scopes> own_scopes(const Options& options, const apps::Client& client, const apps::Resource& resource,
                           std::string_view asked) {
  const std::string_view text = asked.empty() ? std::string_view(client.scope) : asked;
  if (text.empty()) return Scopes{};
  Outcome<Scopes> chosen = choose_scopes(options, client, resource, text);
  auto* scopes = std::get_if<Scopes>(&chosen);
  if (scopes == nullptr) return asked.empty() ? Outcome<Scopes>(Scopes{}) : chosen;
  // Nobody is asked here, so what was registered binds every kind of client.
  if (!client.scope.empty()) *scopes = intersect(*scopes, parse_scopes(client.scope).value_or(Scopes{}));
  std::erase_if(*scopes,
                [](const auto& name) { return contains(kIdentityScopes, name) || name == kAiScope; });
  if (scopes->empty() && !asked.empty()) {
    return Refusal{OauthCode::invalid_scope, "None of the scopes asked for can be had this way.", {}};
  }
  return chosen;
}

// Anybody can register, so a token without a person would be anybody's. What the client registered does not
// count: it may be older than the operator's decision.
std::optional<Refusal> check_vouched_for(const Options& options, const apps::Client& client) {
  if (client.kind == apps::ClientKind::builder || options.dynamic_client_credentials) return std::nullopt;
  return Refusal{
      OauthCode::unauthorized_client, "Only apps that were made in the portal may act for themselves.", {}};
}

}  // namespace

Task<Result<Outcome<TokenAnswer>>> issue_client_credentials(const Authority& authority,
                                                            TokenRequest request) {
  const apps::Client& client = request.client.client;
  if (auto refused = check_confidential(request.client, kClientCredentials)) co_return std::move(*refused);
  if (auto refused = check_vouched_for(authority.options, client)) co_return std::move(*refused);
  CO_OAUTH_TRY(auto resource, co_await find_requested_resource(authority, client, request.form));
  if (auto refused = check_dpop(client, resource, request.dpop_thumbprint)) co_return std::move(*refused);
  auto scopes = own_scopes(authority.options, client, resource, http::form_value(request.form, "scope"));
  if (auto* refused = std::get_if<Refusal>(&scopes)) co_return std::move(*refused);
  CO_OAUTH_TRY(std::string details,
               check_authorization_details(http::form_value(request.form, "authorization_details")));
  if (!details.empty()) {
    co_return Refusal{
        OauthCode::invalid_authorization_details, "Access to an AI is for a person to give.", {}};
  }
  Minting minting{.client = client,
                  .resource = std::move(resource),
                  .grant = {},
                  .scopes = std::get<Scopes>(std::move(scopes)),
                  .ai = {},
                  .dpop_thumbprint = request.dpop_thumbprint,
                  .nonce = {}};
  CO_TRY(TokenAnswer answer, co_await mint_tokens(authority, std::move(minting)));
  co_return answer;
}

}  // namespace valetkey::authorization
