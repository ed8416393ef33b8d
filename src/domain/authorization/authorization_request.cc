#include "domain/authorization/authorization_request.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "foundation/crypto/crypto.h"
#include "foundation/jose/jose.h"

namespace valetkey::authorization {
namespace {

constexpr size_t kMaxState = 4096;
constexpr size_t kMaxNonce = 512;
constexpr size_t kMaxHint = 320;

std::optional<std::string> repeated_parameter(const http::Form& form) {
  std::set<std::string_view> seen;
  for (const auto& [name, value] : form) {
    if (!seen.insert(name).second && name != "resource") return name;
  }
  return std::nullopt;
}

bool printable(std::string_view text, size_t limit) {
  return text.size() <= limit &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x20; });
}

Refusal bad(std::string description) {
  return {OauthCode::invalid_request, std::move(description), {}};
}

// The client, or the problem that must be shown.
Task<Result<std::variant<apps::Client, RequestProblem>>> find_client(const Authority& authority,
                                                                     std::string id) {
  if (id.empty()) co_return RequestProblem{bad("client_id is missing."), {}};
  auto found = co_await authority.clients.find(std::move(id));
  if (found.ok()) co_return std::move(*found);
  const Error& error = found.error();
  switch (error.code) {
    case Code::not_found:
      co_return RequestProblem{{OauthCode::invalid_client, "No app of this client_id is known here.", {}},
                               {}};
    case Code::invalid_argument:
    case Code::upstream:
      co_return RequestProblem{{OauthCode::invalid_client, error.detail, {}}, {}};
    default:
      co_return error;
  }
}

std::variant<RedirectTarget, RequestProblem> find_redirect(const apps::Client& client,
                                                           const http::Form& form) {
  RedirectTarget target;
  target.uri = http::form_value(form, "redirect_uri");
  if (target.uri.empty()) {
    if (client.redirect_uris.size() != 1 || apps::is_loopback_redirect(client.redirect_uris.front())) {
      return RequestProblem{bad("redirect_uri is missing."), {}};
    }
    target.uri = client.redirect_uris.front();
  } else if (!apps::redirect_uri_fits(client, target.uri)) {
    return RequestProblem{bad("redirect_uri is not one that this app registered."), {}};
  }
  for (const auto& [name, value] : form) {
    if (name == "state") target.state = value;
  }
  return target;
}

std::optional<Refusal> check_response(const apps::Client& client, const http::Form& form) {
  auto value = [&](std::string_view name) { return http::form_value(form, name); };
  if (!value("request").empty()) {
    return Refusal{
        OauthCode::request_not_supported, "Request objects are not taken; push the request instead.", {}};
  }
  if (value("response_type").empty()) return bad("response_type is missing.");
  if (value("response_type") != "code") {
    return Refusal{OauthCode::unsupported_response_type, "Only response_type=code is served.", {}};
  }
  if (auto mode = value("response_mode"); !mode.empty() && mode != "query") {
    return bad("Only response_mode=query is served.");
  }
  if (!client.has_grant_type("authorization_code")) {
    return Refusal{OauthCode::unauthorized_client, "This app is not registered for authorization_code.", {}};
  }
  return std::nullopt;
}

std::optional<Refusal> check_challenge(const http::Form& form) {
  auto challenge = http::form_value(form, "code_challenge");
  auto method = http::form_value(form, "code_challenge_method");
  if (challenge.empty()) return bad("code_challenge is missing: PKCE is required.");
  if (method != "S256") return bad("code_challenge_method must be S256.");
  if (!is_code_challenge(challenge)) return bad("code_challenge must be 43 characters of base64url.");
  return std::nullopt;
}

std::optional<Refusal> read_prompt(const http::Form& form, AuthorizationRequest& request) {
  auto prompt = parse_scopes(http::form_value(form, "prompt"));
  static const Scopes kKnown = {"none", "login", "consent", "select_account", "create"};
  if (!prompt || !contains_all(kKnown, *prompt)) return bad("prompt has a value that is not known.");
  if (contains(*prompt, "none") && prompt->size() > 1) return bad("prompt=none stands alone.");
  request.prompt = std::move(*prompt);
  auto age = http::form_value(form, "max_age");
  if (age.empty()) return std::nullopt;
  int64_t seconds = 0;
  auto [end, failed] = std::from_chars(age.data(), age.data() + age.size(), seconds);
  constexpr int64_t kLongest = 10LL * 365 * 24 * 3600;
  if (failed != std::errc() || end != age.data() + age.size() || seconds < 0 || seconds > kLongest) {
    return bad("max_age must be a number of seconds.");
  }
  request.max_age = seconds;
  return std::nullopt;
}

std::optional<Refusal> read_texts(const http::Form& form, AuthorizationRequest& request) {
  auto value = [&](std::string_view name) { return std::string(http::form_value(form, name)); };
  if (request.redirect.state && request.redirect.state->size() > kMaxState) return bad("state is too long.");
  request.nonce = value("nonce");
  if (!printable(request.nonce, kMaxNonce)) return bad("nonce is too long or holds control characters.");
  request.login_hint = value("login_hint");
  if (!printable(request.login_hint, kMaxHint))
    return bad("login_hint is too long or holds control characters.");
  request.id_token_hint = value("id_token_hint");
  if (request.id_token_hint.size() > jose::kMaxJwtSize) return bad("id_token_hint is too long.");
  request.dpop_thumbprint = value("dpop_jkt");
  if (!request.dpop_thumbprint.empty() && !is_code_challenge(request.dpop_thumbprint)) {
    return bad("dpop_jkt must be a JWK thumbprint.");
  }
  return std::nullopt;
}

}  // namespace

bool is_code_challenge(std::string_view text) {
  auto bytes = text.size() == 43 ? jose::base64url_decode(text) : std::nullopt;
  return bytes && bytes->size() == crypto::kSha256Size;
}

bool is_code_verifier(std::string_view text) {
  return text.size() >= 43 && text.size() <= 128 && http::percent_encode(text) == text;
}

bool verifier_fits(std::string_view verifier, std::string_view challenge) {
  return is_code_verifier(verifier) &&
         Secret(jose::base64url_encode(crypto::sha256(verifier))) == Secret(challenge);
}

Result<Outcome<std::string>> check_authorization_details(std::string_view text) {
  if (text.empty()) return Outcome<std::string>(std::string());
  Refusal refused{OauthCode::invalid_authorization_details, "", {}};
  auto document = JsonDocument::parse(text.substr(0, 16 * 1024 + 1));
  if (text.size() > 16 * 1024 || !document.ok() || !document->root().is_array() ||
      document->root().size() == 0) {
    refused.description = "authorization_details must be a JSON array of objects, at most 16 KiB.";
    return Outcome<std::string>(refused);
  }
  document->root().each_element([&](const Json& detail) {
    if (detail["type"].string_or("") != "ai_model_access") {
      refused.description = "authorization_details: the only type served is ai_model_access.";
    }
  });
  if (!refused.description.empty()) return Outcome<std::string>(refused);
  return Outcome<std::string>(to_json(document->root()));
}

Task<Result<Outcome<apps::Resource>>> find_requested_resource(const Authority& authority,
                                                              const apps::Client& client, http::Form form) {
  std::string wanted;
  for (const auto& [name, value] : form) {
    if (name != "resource") continue;
    if (!wanted.empty() && !apps::same_resource(wanted, value)) {
      co_return Refusal{
          OauthCode::invalid_target, "A token is for one resource: ask for each by itself.", {}};
    }
    wanted = value;
    if (wanted.empty()) co_return Refusal{OauthCode::invalid_target, "resource is empty.", {}};
  }
  if (wanted.empty()) wanted = client.resource;
  if (wanted.empty()) co_return authority.resources.default_resource();
  auto found = co_await authority.resources.find(std::move(wanted));
  if (found.ok()) co_return std::move(*found);
  if (found.error().code != Code::not_found) co_return found.error();
  co_return Refusal{OauthCode::invalid_target, "This server issues no tokens for that resource.", {}};
}

Outcome<Scopes> choose_scopes(const Options& options, const apps::Client& client,
                              const apps::Resource& resource, std::string_view text) {
  auto wanted = parse_scopes(text);
  if (!wanted) return Refusal{OauthCode::invalid_scope, "scope is malformed or too long.", {}};
  Scopes known = kIdentityScopes;
  for (const auto& scope : resource.scopes) known.push_back(scope.name);
  // What an app said of itself at registration bounds nothing: it would keep it from ever asking for more.
  bool bound = client.kind == apps::ClientKind::builder && !client.scope.empty();
  if (bound) known = intersect(known, parse_scopes(client.scope).value_or(Scopes{}));
  Scopes chosen = intersect(wanted->empty() ? options.default_scopes : *wanted, known);
  if (chosen.empty() && !wanted->empty()) {
    return Refusal{OauthCode::invalid_scope, "None of the scopes asked for is known here.", {}};
  }
  return chosen;
}

Task<Result<CheckedRequest>> check_authorization_request(const Authority& authority, http::Form form) {
  auto repeated = repeated_parameter(form);
  if (repeated == "client_id" || repeated == "redirect_uri") {
    co_return RequestProblem{bad(*repeated + " is given twice."), {}};
  }
  CO_TRY(auto client, co_await find_client(authority, std::string(http::form_value(form, "client_id"))));
  if (auto* problem = std::get_if<RequestProblem>(&client)) co_return std::move(*problem);
  AuthorizationRequest request;
  request.client = std::get<apps::Client>(std::move(client));
  auto redirect = find_redirect(request.client, form);
  if (auto* problem = std::get_if<RequestProblem>(&redirect)) co_return std::move(*problem);
  request.redirect = std::get<RedirectTarget>(std::move(redirect));
  request.redirect_uri_given = !http::form_value(form, "redirect_uri").empty();

  // From here on the client is told by redirect.
  auto told = [&](Refusal refusal) { return RequestProblem{std::move(refusal), request.redirect}; };
  if (repeated) {
    if (*repeated == "state") request.redirect.state.reset();
    co_return told(bad("A parameter is given twice."));
  }
  if (auto refusal = check_response(request.client, form)) co_return told(*refusal);
  if (auto refusal = check_challenge(form)) co_return told(*refusal);
  if (auto refusal = read_prompt(form, request)) co_return told(*refusal);
  if (auto refusal = read_texts(form, request)) co_return told(*refusal);
  request.code_challenge = http::form_value(form, "code_challenge");

  CO_TRY(auto resource, co_await find_requested_resource(authority, request.client, form));
  if (auto* refusal = std::get_if<Refusal>(&resource)) co_return told(*refusal);
  request.resource = std::get<apps::Resource>(std::move(resource));
  auto scopes =
      choose_scopes(authority.options, request.client, request.resource, http::form_value(form, "scope"));
  if (auto* refusal = std::get_if<Refusal>(&scopes)) co_return told(*refusal);
  request.scopes = std::get<Scopes>(std::move(scopes));
  CO_TRY(auto details, check_authorization_details(http::form_value(form, "authorization_details")));
  if (auto* refusal = std::get_if<Refusal>(&details)) co_return told(*refusal);
  request.authorization_details = std::get<std::string>(std::move(details));
  co_return std::move(request);
}

namespace {

std::string redirect_with(const RedirectTarget& target, http::Form answer, const std::string& issuer) {
  if (target.state) answer.emplace_back("state", *target.state);
  answer.emplace_back("iss", issuer);
  char joint = target.uri.find('?') == std::string::npos ? '?' : '&';
  if (target.uri.ends_with('?') || target.uri.ends_with('&')) return target.uri + http::encode_form(answer);
  return target.uri + joint + http::encode_form(answer);
}

}  // namespace

std::string error_redirect(const RedirectTarget& target, const Refusal& refusal, const std::string& issuer) {
  return redirect_with(
      target, {{"error", std::string(to_string(refusal.code))}, {"error_description", refusal.description}},
      issuer);
}

std::string code_redirect(const RedirectTarget& target, const Secret& code, const std::string& issuer) {
  return redirect_with(target, {{"code", std::string(code.reveal())}}, issuer);
}

}  // namespace valetkey::authorization
