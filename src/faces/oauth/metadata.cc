#include "faces/oauth/metadata.h"

#include "faces/oauth/token_endpoint.h"
#include "foundation/http/url.h"

namespace valetkey::faces {
namespace {

using authorization::kIdentityScopes;

void write_list(JsonWriter& json, std::string_view name, const std::vector<std::string>& values) {
  json.key(name).begin_array();
  for (const std::string& value : values) json.string(value);
  json.end_array();
}

// Every scope of the resources this server itself is configured with.
std::vector<std::string> scopes_supported(const apps::Resources& resources) {
  authorization::Scopes all = kIdentityScopes;
  for (const apps::Resource& resource : resources.configured()) {
    for (const auto& scope : resource.scopes) all = authorization::unite(std::move(all), {scope.name});
  }
  return all;
}

const std::vector<std::string> kSigningAlgorithms = {"ES256", "RS256", "EdDSA"};
// `none` first: clients take the first they know.
const std::vector<std::string> kAuthMethods = {"none", "private_key_jwt", "client_secret_basic",
                                               "client_secret_post"};
const std::vector<std::string> kConfidentialMethods = {"private_key_jwt", "client_secret_basic",
                                                       "client_secret_post"};

void write_endpoints(JsonWriter& json, const std::string& issuer) {
  json.member("authorization_endpoint", issuer + "/oauth/authorize")
      .member("token_endpoint", issuer + "/oauth/token")
      .member("jwks_uri", issuer + "/oauth/jwks")
      .member("registration_endpoint", issuer + "/oauth/register")
      .member("pushed_authorization_request_endpoint", issuer + "/oauth/par")
      .member("device_authorization_endpoint", issuer + "/oauth/device_authorization")
      .member("introspection_endpoint", issuer + "/oauth/introspect")
      .member("revocation_endpoint", issuer + "/oauth/revoke")
      .member("userinfo_endpoint", issuer + "/oauth/userinfo")
      .member("end_session_endpoint", issuer + "/oauth/logout");
}

void write_capabilities(JsonWriter& json) {
  write_list(json, "response_types_supported", {"code"});
  write_list(json, "response_modes_supported", {"query"});
  write_list(json, "grant_types_supported", served_grant_types());
  write_list(json, "code_challenge_methods_supported", {"S256"});
  write_list(json, "token_endpoint_auth_methods_supported", kAuthMethods);
  write_list(json, "token_endpoint_auth_signing_alg_values_supported", kSigningAlgorithms);
  write_list(json, "introspection_endpoint_auth_methods_supported", kConfidentialMethods);
  write_list(json, "introspection_endpoint_auth_signing_alg_values_supported", kSigningAlgorithms);
  write_list(json, "revocation_endpoint_auth_methods_supported", kAuthMethods);
  write_list(json, "revocation_endpoint_auth_signing_alg_values_supported", kSigningAlgorithms);
  write_list(json, "dpop_signing_alg_values_supported", {"ES256", "EdDSA", "RS256"});
  write_list(json, "authorization_details_types_supported", {"ai_model_access"});
  write_list(json, "prompt_values_supported", {"none", "login", "consent", "select_account", "create"});
  json.member("authorization_response_iss_parameter_supported", true)
      .member("client_id_metadata_document_supported", true)
      .member("require_pushed_authorization_requests", false)
      .member("request_parameter_supported", false)
      .member("request_uri_parameter_supported", false)
      .member("claims_parameter_supported", false);
}

void write_openid(JsonWriter& json) {
  write_list(json, "subject_types_supported", {"public"});
  write_list(json, "id_token_signing_alg_values_supported", {"RS256", "ES256", "EdDSA"});
  write_list(json, "claim_types_supported", {"normal"});
  write_list(json, "claims_supported",
             {"sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "email", "email_verified",
              "name"});
}

}  // namespace

std::string authorization_server_metadata(const Oauth& face) {
  const std::string& issuer = face.authority.options.issuer;
  std::string body;
  JsonWriter json(body);
  json.begin_object().member("issuer", issuer);
  write_endpoints(json, issuer);
  write_list(json, "scopes_supported", scopes_supported(face.authority.resources));
  write_capabilities(json);
  write_openid(json);
  std::vector<std::string> resources;
  for (const auto& resource : face.authority.resources.configured()) resources.push_back(resource.uri);
  write_list(json, "protected_resources", resources);
  if (!face.documentation_uri.empty()) json.member("service_documentation", face.documentation_uri);
  json.end_object();
  return body;
}

std::string protected_resource_metadata(const apps::Resource& resource, const Oauth& face) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().member("resource", resource.uri);
  write_list(json, "authorization_servers", {face.authority.options.issuer});
  // offline_access is between client and server, no business of a resource.
  std::vector<std::string> scopes = {"openid", "profile", "email"};
  for (const auto& scope : resource.scopes) scopes.push_back(scope.name);
  write_list(json, "scopes_supported", scopes);
  write_list(json, "bearer_methods_supported", {"header"});
  if (!resource.name.empty()) json.member("resource_name", resource.name);
  if (!resource.documentation_uri.empty()) json.member("resource_documentation", resource.documentation_uri);
  write_list(json, "dpop_signing_alg_values_supported", {"ES256", "EdDSA", "RS256"});
  json.member("dpop_bound_access_tokens_required", resource.dpop_required);
  write_list(json, "authorization_details_types_supported", {"ai_model_access"});
  json.end_object();
  return body;
}

std::string resource_metadata_url(const std::string& resource) {
  auto url = http::parse_url(resource);
  if (!url.ok()) return resource;
  std::string path = url->target == "/" ? std::string() : url->target;
  return url->origin() + "/.well-known/oauth-protected-resource" + path;
}

}  // namespace valetkey::faces
