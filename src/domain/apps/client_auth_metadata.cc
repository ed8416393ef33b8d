#include "domain/apps/client_auth_metadata.h"

#include <algorithm>
#include <string>
#include <vector>

#include "domain/apps/metadata_members.h"
#include "domain/apps/uri_rules.h"

namespace valetkey::apps {
namespace {

using Problem = std::optional<RegistrationProblem>;

constexpr AuthMethod kAllMethods[] = {AuthMethod::none, AuthMethod::private_key_jwt,
                                      AuthMethod::client_secret_basic, AuthMethod::client_secret_post};

// RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1.
bool has_private_members(const Json& jwk) {
  for (const char* word : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
    if (jwk[word].exists()) return true;
  }
  return jwk["kty"].string_or("") == "oct";
}

Problem read_inline_keys(const Json& jwks, Client& client) {
  bool is_private = false;
  jwks["keys"].each_element([&](const Json& jwk) { is_private = is_private || has_private_members(jwk); });
  if (is_private) return bad_metadata("jwks must hold public keys only.");
  std::string text = to_json(jwks);
  auto parsed = jose::JwkSet::parse(text);
  if (!parsed.ok() || parsed->keys().empty()) {
    return bad_metadata("jwks must be a JWK Set with a usable ES256, RS256 or EdDSA key.");
  }
  client.jwks = std::move(text);
  return {};
}

Problem read_keys(const Json& metadata, Client& client) {
  Json jwks = member(metadata, "jwks");
  Json uri = member(metadata, "jwks_uri");
  if (jwks && uri) return bad_metadata("jwks and jwks_uri exclude each other.");
  if (jwks) return read_inline_keys(jwks, client);
  if (!uri) return {};
  if (!uri.is_string() || !is_web_uri(*uri.string()) || !uri.string()->starts_with("https://")) {
    return bad_metadata("jwks_uri must be an https URL.");
  }
  client.jwks_uri = *uri.string();
  return {};
}

bool has_keys(const Client& client) {
  return !client.jwks.empty() || !client.jwks_uri.empty();
}

Problem read_registered_method(const Json& metadata, const MetadataRules& rules, Client& client) {
  AuthMethod method = AuthMethod::none;
  if (Json word = member(metadata, "token_endpoint_auth_method")) {
    auto parsed = parse_auth_method(word.string_or(""));
    if (!parsed) return bad_metadata("token_endpoint_auth_method is not one of those supported.");
    method = *parsed;
  } else if (rules.may_act_for_itself()) {
    member(metadata, "grant_types").each_element([&](const Json& grant) {
      if (grant.string_or("") == kGrantClientCredentials) method = AuthMethod::client_secret_basic;
    });
  }
  if (method == AuthMethod::private_key_jwt && !has_keys(client)) {
    return bad_metadata("private_key_jwt needs jwks or jwks_uri.");
  }
  client.auth_methods = {method};
  return {};
}

bool is_for_documents(AuthMethod method, const Client& client) {
  return method == AuthMethod::none || (method == AuthMethod::private_key_jwt && has_keys(client));
}

// A document is public, so no secret can be in it, nor a method that needs one be its preference.
Problem read_document_methods(const Json& metadata, Client& client) {
  for (const char* word : {"client_secret", "client_secret_expires_at"}) {
    if (metadata[word].exists())
      return bad_metadata("A client metadata document must hold no client secret.");
  }
  std::vector<std::string> choices;
  Json preferred = member(metadata, "token_endpoint_auth_method");
  if (preferred && !preferred.is_string())
    return bad_metadata("token_endpoint_auth_method must be a string.");
  if (preferred.string_or("").starts_with("client_secret_")) {
    return bad_metadata("A client metadata document cannot use a client secret.");
  }
  if (Json list = member(metadata, "token_endpoint_auth_methods_supported")) {
    auto strings = strings_of(list, kMaxMetadataList);
    if (!strings) return bad_metadata("token_endpoint_auth_methods_supported must be a list of strings.");
    choices = std::move(*strings);
    auto place = std::find(choices.begin(), choices.end(), preferred.string_or(""));
    if (place != choices.end()) std::rotate(choices.begin(), place, place + 1);
  } else {
    choices.emplace_back(preferred.string_or("none"));
  }
  for (const std::string& choice : choices) {
    auto method = parse_auth_method(choice);
    if (method && is_for_documents(*method, client) && !client.has_auth_method(*method)) {
      client.auth_methods.push_back(*method);
    }
  }
  if (client.auth_methods.empty()) {
    return bad_metadata("The document offers neither none nor private_key_jwt with jwks or jwks_uri.");
  }
  return {};
}

}  // namespace

std::optional<AuthMethod> parse_auth_method(std::string_view word) {
  for (AuthMethod method : kAllMethods) {
    if (to_string(method) == word) return method;
  }
  return std::nullopt;
}

Problem read_auth_methods(const Json& metadata, const MetadataRules& rules, Client& client) {
  if (auto problem = read_keys(metadata, client)) return problem;
  return rules.kind == ClientKind::document ? read_document_methods(metadata, client)
                                            : read_registered_method(metadata, rules, client);
}

}  // namespace valetkey::apps
