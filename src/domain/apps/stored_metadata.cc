// The metadata of a client as text: what a registration answers, and what the store keeps.
#include <string>
#include <utility>

#include "domain/apps/client_auth_metadata.h"
#include "domain/apps/client_metadata.h"
#include "domain/apps/metadata_members.h"

namespace valetkey::apps {
namespace {

constexpr size_t kNoLimit = SIZE_MAX;

void write_list(JsonWriter& json, const char* name, const std::vector<std::string>& values) {
  json.key(name).begin_array();
  for (const std::string& value : values) json.string(value);
  json.end_array();
}

void write_unless_empty(JsonWriter& json, const char* name, const std::string& value) {
  if (!value.empty()) json.member(name, value);
}

void write_auth(JsonWriter& json, const Client& client) {
  if (!client.auth_methods.empty()) {
    json.key("token_endpoint_auth_method").string(to_string(client.auth_methods.front()));
  }
  if (client.auth_methods.size() > 1) {
    json.key("token_endpoint_auth_methods_supported").begin_array();
    for (AuthMethod method : client.auth_methods) json.string(to_string(method));
    json.end_array();
  }
  if (!client.jwks.empty()) json.key("jwks").raw(client.jwks);
  write_unless_empty(json, "jwks_uri", client.jwks_uri);
}

jose::Algorithm algorithm_or(const Json& name, jose::Algorithm fallback) {
  return jose::parse_algorithm(name.string_or("")).value_or(fallback);
}

std::vector<std::string> list_of(const Json& list) {
  return strings_of(list, kNoLimit).value_or(std::vector<std::string>());
}

void read_auth(const Json& metadata, Client& client) {
  std::vector<std::string> words = list_of(metadata["token_endpoint_auth_methods_supported"]);
  if (words.empty()) words.emplace_back(metadata["token_endpoint_auth_method"].string_or(""));
  for (const std::string& word : words) {
    if (auto method = parse_auth_method(word)) client.auth_methods.push_back(*method);
  }
  if (Json jwks = metadata["jwks"]) client.jwks = to_json(jwks);
  client.jwks_uri = metadata["jwks_uri"].string_or("");
}

}  // namespace

void write_client_metadata(JsonWriter& json, const Client& client) {
  json.member("client_id", client.id).member("client_id_issued_at", client.created_at / kSecond);
  json.member("client_secret_expires_at", client.secret_expires_at);
  write_unless_empty(json, "client_name", client.name);
  json.key("application_type").string(to_string(client.application_type));
  write_list(json, "redirect_uris", client.redirect_uris);
  if (!client.post_logout_redirect_uris.empty()) {
    write_list(json, "post_logout_redirect_uris", client.post_logout_redirect_uris);
  }
  write_list(json, "grant_types", client.grant_types);
  json.key("response_types").begin_array();
  if (client.has_grant_type(kGrantAuthorizationCode)) json.string("code");
  json.end_array();
  write_auth(json, client);
  write_unless_empty(json, "scope", client.scope);
  write_unless_empty(json, "resource", client.resource);
  json.key("id_token_signed_response_alg").string(jose::to_string(client.id_token_algorithm));
  if (client.access_token_algorithm_set) {
    json.key("access_token_signed_response_alg").string(jose::to_string(client.access_token_algorithm));
  }
  json.member("dpop_bound_access_tokens", client.dpop_bound_access_tokens);
  json.member("require_pushed_authorization_requests", client.require_pushed_requests);
  write_unless_empty(json, "client_uri", client.client_uri);
  write_unless_empty(json, "logo_uri", client.logo_uri);
  write_unless_empty(json, "tos_uri", client.tos_uri);
  write_unless_empty(json, "policy_uri", client.policy_uri);
}

Result<Client> read_stored_metadata(std::string_view text, ClientKind kind) {
  auto document = JsonDocument::parse(text);
  if (!document.ok()) return Error{Code::store, "client metadata is no JSON", "clients"};
  Json metadata = document->root();
  Client client;
  client.kind = kind;
  client.id = metadata["client_id"].string_or("");
  client.name = metadata["client_name"].string_or("");
  bool native = metadata["application_type"].string_or("") == to_string(ApplicationType::native);
  client.application_type = native ? ApplicationType::native : ApplicationType::web;
  client.redirect_uris = list_of(metadata["redirect_uris"]);
  client.post_logout_redirect_uris = list_of(metadata["post_logout_redirect_uris"]);
  client.grant_types = list_of(metadata["grant_types"]);
  read_auth(metadata, client);
  client.scope = metadata["scope"].string_or("");
  client.resource = metadata["resource"].string_or("");
  client.id_token_algorithm = algorithm_or(metadata["id_token_signed_response_alg"], jose::Algorithm::RS256);
  Json of_access_tokens = metadata["access_token_signed_response_alg"];
  client.access_token_algorithm_set = of_access_tokens.exists();
  client.access_token_algorithm = algorithm_or(of_access_tokens, jose::Algorithm::ES256);
  client.dpop_bound_access_tokens = metadata["dpop_bound_access_tokens"].boolean().value_or(false);
  client.require_pushed_requests =
      metadata["require_pushed_authorization_requests"].boolean().value_or(false);
  client.client_uri = metadata["client_uri"].string_or("");
  client.logo_uri = metadata["logo_uri"].string_or("");
  client.tos_uri = metadata["tos_uri"].string_or("");
  client.policy_uri = metadata["policy_uri"].string_or("");
  return client;
}

}  // namespace valetkey::apps
