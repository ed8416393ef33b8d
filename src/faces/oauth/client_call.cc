#include "faces/oauth/client_call.h"

#include <algorithm>
#include <set>

#include "faces/oauth/form_body.h"
#include "faces/oauth/json_errors.h"
#include "faces/oauth/refusals.h"

namespace valetkey::faces {
namespace {

using authorization::OauthCode;
using authorization::Refusal;

// RFC 6749 section 3.2; `resource` may be repeated (RFC 8707), `audience` too (RFC 8693).
bool repeats_parameter(const http::Form& form) {
  std::set<std::string_view> seen;
  return std::any_of(form.begin(), form.end(), [&](const auto& field) {
    return !seen.insert(field.first).second && field.first != "resource" && field.first != "audience";
  });
}

}  // namespace

Task<std::optional<ClientCall>> authenticate_client(const Oauth& face, http::Exchange& exchange) {
  auto form = read_form(exchange.request());
  if (!form.ok()) {
    co_await exchange.send(refuse({OauthCode::invalid_request, form.error().detail, {}}));
    co_return std::nullopt;
  }
  if (repeats_parameter(*form)) {
    co_await exchange.send(refuse({OauthCode::invalid_request, "A parameter is given twice.", {}}));
    co_return std::nullopt;
  }
  auto proof = apps::read_client_proof(*form, exchange.request().headers.get("authorization"));
  auto proved = co_await face.clients.authenticate(std::move(proof));
  if (!proved.ok()) {
    co_await exchange.send(oauth_failure(proved.error()));
    co_return std::nullopt;
  }
  if (auto* refused = std::get_if<apps::ClientRefusal>(&*proved)) {
    bool of_client = refused->kind == apps::ClientRefusal::Kind::invalid_client;
    Refusal refusal{
        of_client ? OauthCode::invalid_client : OauthCode::invalid_request, refused->description, {}};
    exchange.note("refused", authorization::to_string(refusal.code));
    co_await exchange.send(refused->basic_challenge ? refuse_basic(refusal) : refuse(refusal));
    co_return std::nullopt;
  }
  co_return ClientCall{std::move(*form), std::get<apps::AuthenticatedClient>(std::move(*proved))};
}

Task<Result<authorization::Outcome<std::string>>> proved_key(const Oauth& face, http::Exchange& exchange,
                                                             std::string url) {
  const http::Headers& headers = exchange.request().headers;
  size_t proofs = headers.count("dpop");
  if (proofs == 0) co_return std::string();
  if (proofs > 1) co_return Refusal{OauthCode::invalid_dpop_proof, "More than one DPoP header.", {}};
  authorization::DpopRequest request{.proof = std::string(headers.get("dpop")),
                                     .method = std::string(exchange.request().method),
                                     .url = std::move(url),
                                     .access_token = {}};
  CO_TRY(auto outcome, co_await face.dpop.verify(std::move(request)));
  using Kind = authorization::DpopOutcome::Kind;
  switch (outcome.kind) {
    case Kind::proved:
      co_return std::move(outcome.thumbprint);
    case Kind::invalid_proof:
      co_return Refusal{OauthCode::invalid_dpop_proof, std::move(outcome.description), {}};
    case Kind::nonce_wanted:
      co_return Refusal{OauthCode::use_dpop_nonce, "Use the nonce of the DPoP-Nonce header.",
                        std::move(outcome.nonce)};
  }
  co_return Error{Code::internal, "dpop outcome", "oauth"};
}

}  // namespace valetkey::faces
