#include "faces/mcp/access.h"

#include "domain/authorization/scopes.h"
#include "foundation/base/json.h"
#include "foundation/base/log.h"
#include "foundation/base/strings.h"

namespace valetkey::faces::mcp {
namespace {

constexpr size_t kMaxToken = 16 * 1024;  // bytes; a longer one is not looked at

struct Credentials {
  bool dpop = false;
  std::string token;
};

// Nothing: another scheme, which counts as no token.
std::optional<Credentials> parse_authorization(std::string_view header) {
  header = trim(header);
  size_t space = header.find_first_of(" \t");
  std::string_view scheme = header.substr(0, space);
  bool dpop = iequals(scheme, "DPoP");
  if (!dpop && !iequals(scheme, "Bearer")) return std::nullopt;
  std::string_view token = space == std::string_view::npos ? "" : trim(header.substr(space));
  return Credentials{dpop, std::string(token)};
}

Refusal bad_token(bool dpop, std::string description) {
  return {Refusal::Kind::invalid_token, dpop, std::move(description), {}};
}

Refusal cannot_judge(const Error& error) {
  log::warn("mcp_token_not_judged", {{"detail", error.detail}});
  return {Refusal::Kind::unavailable, false, "The server cannot check the token right now.", {}};
}

// As the client sees it: the resource's origin, the path of this request.
std::string url_of(const Mcp& face, std::string_view path) {
  size_t scheme = face.resource.find("://");
  size_t end = scheme == std::string::npos ? scheme : face.resource.find_first_of("/?", scheme + 3);
  return face.resource.substr(0, end).append(path);
}

Task<std::optional<Refusal>> check_proof(const Mcp& face, http::Exchange& exchange,
                                         const authorization::AccessToken& token, std::string raw_token) {
  const http::Request& request = exchange.request();
  if (request.headers.count("dpop") != 1) co_return bad_token(true, "One DPoP header is needed.");
  authorization::DpopRequest proof{std::string(request.headers.get("dpop")), std::string(request.method),
                                   url_of(face, request.path), std::move(raw_token)};
  auto outcome = co_await face.verify_proof(std::move(proof));
  if (!outcome.ok()) co_return cannot_judge(outcome.error());
  switch (outcome->kind) {
    case authorization::DpopOutcome::Kind::proved:
      if (outcome->thumbprint == token.dpop_thumbprint) co_return std::nullopt;
      co_return bad_token(true, "The token is bound to another key.");
    case authorization::DpopOutcome::Kind::nonce_wanted:
      co_return Refusal{Refusal::Kind::use_dpop_nonce, true, "Use the nonce of this answer.", outcome->nonce};
    case authorization::DpopOutcome::Kind::invalid_proof:
      break;
  }
  co_return bad_token(true, outcome->description);
}

http::Response challenged(int status, const Challenge& challenge, std::string body) {
  return {status,
          {{"content-type", "application/json"},
           {"cache-control", "no-store"},
           {"www-authenticate", challenge_text(challenge)}},
          std::move(body)};
}

}  // namespace

Task<Access> read_access(const Mcp& face, http::Exchange& exchange) {
  const http::Headers& headers = exchange.request().headers;
  if (headers.count("authorization") > 1) {
    co_return Refusal{Refusal::Kind::malformed, false, "More than one Authorization header.", {}};
  }
  auto credentials = parse_authorization(headers.get("authorization"));
  if (!credentials) co_return Anonymous{};
  bool dpop = credentials->dpop;
  if (credentials->token.empty() || credentials->token.size() > kMaxToken) {
    co_return bad_token(dpop, "The access token is malformed.");
  }
  auto token = co_await face.verify_token(credentials->token);
  if (!token.ok() && token.error().code != Code::unauthorized) co_return cannot_judge(token.error());
  if (!token.ok())
    co_return bad_token(dpop, "The access token is expired, revoked, or not for this resource.");
  if (dpop != !token->dpop_thumbprint.empty()) {
    // RFC 9449 section 7.1: a bound token is not a bearer token, and the other way round.
    co_return bad_token(!token->dpop_thumbprint.empty(),
                        dpop ? "This is a bearer token." : "This token needs a DPoP proof.");
  }
  if (dpop) {
    auto refused = co_await check_proof(face, exchange, *token, std::move(credentials->token));
    if (refused) co_return std::move(*refused);
  }
  co_return std::move(*token);
}

Challenge missing_token(const Mcp& face) {
  Challenge challenge;
  challenge.resource_metadata = resource_metadata_url(face.resource);
  challenge.scopes = face.scopes;
  return challenge;
}

Challenge invalid_token(const Mcp& face, const Refusal& refusal) {
  Challenge challenge = missing_token(face);
  if (refusal.dpop) challenge.scheme = Challenge::Scheme::DPoP;
  challenge.error = error_word(refusal);
  challenge.error_description = refusal.description;
  return challenge;
}

Challenge missing_scopes(const Mcp& face, const authorization::AccessToken& token,
                         const std::vector<std::string>& needed) {
  Challenge challenge = missing_token(face);
  if (!token.dpop_thumbprint.empty()) challenge.scheme = Challenge::Scheme::DPoP;
  challenge.scopes = authorization::unite(token.scopes, needed);
  challenge.error = "insufficient_scope";
  challenge.error_description = "This tool needs a permission that was not given yet.";
  return challenge;
}

std::string_view error_word(const Refusal& refusal) {
  switch (refusal.kind) {
    case Refusal::Kind::malformed:
      return "invalid_request";
    case Refusal::Kind::invalid_token:
      return "invalid_token";
    case Refusal::Kind::use_dpop_nonce:
      return "use_dpop_nonce";
    case Refusal::Kind::unavailable:
      return "temporarily_unavailable";
  }
  return {};
}

std::string error_body(std::string_view error, std::string_view description) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().member("error", error);
  if (!description.empty()) json.member("error_description", description);
  json.end_object();
  return body;
}

http::Response ask_for_token(const Mcp& face, std::string body) {
  return challenged(401, missing_token(face), std::move(body));
}

http::Response refuse(const Mcp& face, const Refusal& refusal, std::string body) {
  if (refusal.kind == Refusal::Kind::unavailable) {
    return {503,
            {{"content-type", "application/json"}, {"cache-control", "no-store"}, {"retry-after", "5"}},
            std::move(body)};
  }
  int status = refusal.kind == Refusal::Kind::malformed ? 400 : 401;
  http::Response response = challenged(status, invalid_token(face, refusal), std::move(body));
  if (!refusal.nonce.empty()) response.headers.add("dpop-nonce", refusal.nonce);
  return response;
}

}  // namespace valetkey::faces::mcp
