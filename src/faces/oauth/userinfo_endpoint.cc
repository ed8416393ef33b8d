#include "faces/oauth/userinfo_endpoint.h"

#include "faces/oauth/form_body.h"
#include "faces/oauth/json_errors.h"
#include "foundation/base/json.h"
#include "foundation/base/strings.h"

namespace valetkey::faces {
namespace {

constexpr size_t kMaxToken = 16 * 1024;  // bytes; a longer one is not looked at

// RFC 6750 section 3.1 and RFC 9449 section 7.1: why the token does not do.
struct Denial {
  int status = 401;
  std::string_view error;  // empty: no token came, so nothing is said of it
  std::string description;
  bool dpop = false;
  std::string nonce;
};

struct Presented {
  bool dpop = false;
  std::string token;
};

Denial bad_request(std::string description) {
  return {400, "invalid_request", std::move(description), false, {}};
}

Denial bad_token(std::string description, bool dpop) {
  return {401, "invalid_token", std::move(description), dpop, {}};
}

http::Response deny(const Denial& denial) {
  http::Response response = denial.error.empty()
                                ? http::Response{401, {{"cache-control", "no-store"}}, ""}
                                : oauth_error(denial.status, denial.error, denial.description);
  std::string challenge(denial.dpop ? "DPoP algs=\"ES256 EdDSA RS256\"" : "Bearer realm=\"userinfo\"");
  if (!denial.error.empty()) challenge.append(", error=\"").append(denial.error).append("\"");
  if (denial.status == 403) challenge.append(", scope=\"openid\"");
  response.headers.add("www-authenticate", challenge);
  if (!denial.nonce.empty()) response.headers.add("dpop-nonce", denial.nonce);
  return response;
}

// RFC 6750 section 2: by header or by form, not both, never in the query.
std::variant<Presented, Denial> presented_token(const http::Request& request) {
  Presented presented;
  if (request.headers.count("authorization") > 1) return bad_request("Two Authorization headers.");
  std::string_view header = trim(request.headers.get("authorization"));
  const size_t space = header.find(' ');
  const std::string_view scheme = header.substr(0, space);
  presented.dpop = iequals(scheme, "DPoP");
  if (space != std::string_view::npos && (presented.dpop || iequals(scheme, "Bearer"))) {
    presented.token = trim(header.substr(space));
  }
  if (request.method == "POST" && !request.body.empty()) {
    auto form = read_form(request);
    if (!form.ok()) return bad_request(form.error().detail);
    const std::string_view in_body = http::form_value(*form, "access_token");
    if (!in_body.empty() && !presented.token.empty()) return bad_request("The token is given twice.");
    if (!in_body.empty()) presented.token = in_body;
  }
  if (presented.token.empty()) return Denial{};
  if (presented.token.size() > kMaxToken) return bad_token("The access token is malformed.", presented.dpop);
  return presented;
}

// A bound token is no bearer token, and the other way round; its key must have signed this very request.
Task<Result<std::optional<Denial>>> check_binding(const Oauth& face, http::Exchange& exchange,
                                                  const authorization::AccessToken& token,
                                                  const Presented& presented) {
  const bool bound = !token.dpop_thumbprint.empty();
  if (bound != presented.dpop) {
    co_return bad_token(bound ? "This token needs a DPoP proof." : "This is a bearer token.", bound);
  }
  if (!bound) co_return std::nullopt;
  const http::Request& request = exchange.request();
  if (request.headers.count("dpop") != 1) co_return bad_token("One DPoP header is needed.", true);
  authorization::DpopRequest proof{.proof = std::string(request.headers.get("dpop")),
                                   .method = std::string(request.method),
                                   .url = face.authority.options.issuer + std::string(request.path),
                                   .access_token = presented.token};
  CO_TRY(auto outcome, co_await face.dpop.verify(std::move(proof)));
  using Kind = authorization::DpopOutcome::Kind;
  switch (outcome.kind) {
    case Kind::proved:
      if (outcome.thumbprint == token.dpop_thumbprint) co_return std::nullopt;
      co_return bad_token("The token is bound to another key.", true);
    case Kind::nonce_wanted:
      co_return Denial{401, "use_dpop_nonce", "Use the nonce of the DPoP-Nonce header.", true,
                       std::move(outcome.nonce)};
    case Kind::invalid_proof:
      co_return Denial{401, "invalid_dpop_proof", std::move(outcome.description), true, {}};
  }
  co_return Error{Code::internal, "dpop outcome", "userinfo"};
}

std::string write_claims(const accounts::Person& person, const authorization::AccessToken& token) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().member("sub", person.id);
  if (token.has_scope("email")) {
    json.member("email", person.email).member("email_verified", person.email_verified);
  }
  if (token.has_scope("profile") && !person.name.empty()) json.member("name", person.name);
  json.end_object();
  return body;
}

Task<Result<std::variant<std::string, Denial>>> claims_for(const Oauth& face, http::Exchange& exchange) {
  auto presented = presented_token(exchange.request());
  if (auto* denial = std::get_if<Denial>(&presented)) co_return std::move(*denial);
  auto& sent = std::get<Presented>(presented);
  auto token = co_await face.tokens.read(sent.token);
  if (!token.ok()) {
    if (token.error().code != Code::unauthorized) co_return std::move(token).error();
    co_return bad_token("The access token is expired, revoked or not from here.", sent.dpop);
  }
  CO_TRY(auto unbound, co_await check_binding(face, exchange, *token, sent));
  if (unbound) co_return std::move(*unbound);
  if (!token->of_person || !token->has_scope("openid")) {
    co_return Denial{403, "insufficient_scope", "The token lacks scope openid.", sent.dpop, {}};
  }
  auto person = co_await face.authority.find_person(token->subject);
  if (person.ok()) co_return write_claims(*person, *token);
  if (person.error().code != Code::not_found) co_return std::move(person).error();
  co_return bad_token("The account is gone.", sent.dpop);
}

}  // namespace

Task<void> tell_userinfo(const Oauth& face, http::Exchange& exchange) {
  auto claims = co_await claims_for(face, exchange);
  if (!claims.ok()) {
    co_await exchange.send(oauth_failure(claims.error()));
  } else if (auto* denial = std::get_if<Denial>(&*claims)) {
    if (!denial->error.empty()) exchange.note("refused", denial->error);
    co_await exchange.send(deny(*denial));
  } else {
    co_await exchange.send(oauth_json(200, std::get<std::string>(std::move(*claims))));
  }
}

}  // namespace valetkey::faces
