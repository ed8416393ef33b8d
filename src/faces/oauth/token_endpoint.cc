#include "faces/oauth/token_endpoint.h"

#include <array>

#include "domain/authorization/tokens.h"
#include "faces/oauth/client_call.h"
#include "faces/oauth/json_errors.h"
#include "faces/oauth/refusals.h"

namespace valetkey::faces {
namespace {

using authorization::Authority;
using authorization::exchange_token;
using authorization::issue_client_credentials;
using authorization::OauthCode;
using authorization::Outcome;
using authorization::redeem_assertion;
using authorization::redeem_code;
using authorization::redeem_device_code;
using authorization::Refusal;
using authorization::rotate_refresh_token;
using authorization::TokenAnswer;
using authorization::TokenRequest;
using authorization::write_token_answer;

using Rule = Task<Result<Outcome<TokenAnswer>>> (*)(const Authority&, TokenRequest);

struct GrantType {
  const char* name;
  Rule rule;
};

constexpr std::array<GrantType, 6> kGrantTypes = {{
    {"authorization_code", redeem_code},
    {"refresh_token", rotate_refresh_token},
    {"client_credentials", issue_client_credentials},
    {"urn:ietf:params:oauth:grant-type:device_code", redeem_device_code},
    {"urn:ietf:params:oauth:grant-type:token-exchange", exchange_token},
    {"urn:ietf:params:oauth:grant-type:jwt-bearer", redeem_assertion},
}};

const GrantType* find_grant_type(std::string_view name) {
  for (const GrantType& type : kGrantTypes) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

Outcome<Rule> rule_of(const ClientCall& call) {
  std::string_view name = http::form_value(call.form, "grant_type");
  if (name.empty()) return Refusal{OauthCode::invalid_request, "grant_type is missing.", {}};
  const GrantType* type = find_grant_type(name);
  if (type == nullptr)
    return Refusal{OauthCode::unsupported_grant_type, "This grant_type is not served.", {}};
  if (!call.client.client.has_grant_type(name)) {
    return Refusal{OauthCode::unauthorized_client, "This app is not registered for that grant_type.", {}};
  }
  return type->rule;
}

Task<Result<Outcome<TokenAnswer>>> grant_tokens(const Oauth& face, http::Exchange& exchange,
                                                ClientCall call) {
  auto rule = rule_of(call);
  if (auto* refused = std::get_if<Refusal>(&rule)) co_return std::move(*refused);
  CO_OAUTH_TRY(std::string thumbprint,
               co_await proved_key(face, exchange,
                                   face.authority.options.issuer + std::string(exchange.request().path)));
  if (thumbprint.empty() && call.client.client.dpop_bound_access_tokens) {
    co_return Refusal{
        OauthCode::invalid_dpop_proof, "This app's tokens are DPoP-bound: a proof is missing.", {}};
  }
  TokenRequest request{std::move(call.form), std::move(call.client), std::move(thumbprint)};
  co_return co_await std::get<Rule>(rule)(face.authority, std::move(request));
}

}  // namespace

const std::vector<std::string>& served_grant_types() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const GrantType& type : kGrantTypes) list.emplace_back(type.name);
    return list;
  }();
  return names;
}

Task<void> answer_token(const Oauth& face, http::Exchange& exchange) {
  auto call = co_await authenticate_client(face, exchange);
  if (!call) co_return;
  exchange.note("grant_type", http::form_value(call->form, "grant_type").substr(0, 64));
  auto granted = co_await grant_tokens(face, exchange, std::move(*call));
  if (!granted.ok()) {
    co_await exchange.send(oauth_failure(granted.error()));
  } else if (auto* refused = std::get_if<Refusal>(&*granted)) {
    exchange.note("refused", to_string(refused->code));
    co_await exchange.send(refuse(*refused));
  } else {
    Secret body = write_token_answer(std::get<TokenAnswer>(*granted));
    co_await exchange.send(oauth_json(200, std::string(body.reveal())));
  }
}

}  // namespace valetkey::faces
