#include "domain/apps/resource_text.h"

#include <algorithm>

#include "domain/apps/uri_rules.h"
#include "foundation/http/url.h"

namespace valetkey::apps {
namespace {

Error wrong(const char* sentence) {
  return Error{Code::invalid_argument, sentence, "resources"};
}

// RFC 6749 section 3.3.
bool is_scope_token(std::string_view name) {
  return !name.empty() && name.size() <= kMaxScopeName && std::all_of(name.begin(), name.end(), [](char c) {
    return c > ' ' && c <= '~' && c != '"' && c != '\\';
  });
}

bool is_plain_text(std::string_view text, size_t most) {
  return text.size() <= most && std::none_of(text.begin(), text.end(), [](char c) {
           auto byte = static_cast<unsigned char>(c);
           return byte < ' ' || byte == 127;
         });
}

bool is_reserved_scope(std::string_view name) {
  return name == "openid" || name == "profile" || name == "email" || name == "offline_access";
}

Result<std::vector<ResourceScope>> read_scopes(const Json& list) {
  std::vector<ResourceScope> scopes;
  if (!list || list.is_null()) return scopes;
  if (!list.is_array() || list.size() > kMaxResourceScopes)
    return wrong("scopes must be a list of at most 64.");
  const char* problem = nullptr;
  list.each_element([&](const Json& entry) {
    ResourceScope scope{std::string(entry["name"].string_or("")),
                        std::string(entry["description"].string_or(""))};
    bool known =
        std::any_of(scopes.begin(), scopes.end(), [&](const auto& s) { return s.name == scope.name; });
    if (!is_scope_token(scope.name)) problem = "A scope needs a name of visible characters without quotes.";
    if (is_reserved_scope(scope.name)) problem = "openid, profile, email and offline_access are everybody's.";
    if (known) problem = "A scope is named twice.";
    if (!is_plain_text(scope.description, kMaxScopeDescription))
      problem = "A scope's description is too long.";
    scopes.push_back(std::move(scope));
    return problem == nullptr;
  });
  if (problem != nullptr) return wrong(problem);
  return scopes;
}

Result<void> read_options(const Json& body, Resource& resource) {
  if (Json uri = body["documentation_uri"]; uri && !uri.is_null() && !uri.string_or("x").empty()) {
    if (!uri.is_string() || !is_web_uri(*uri.string()))
      return wrong("documentation_uri must be an https URL.");
    resource.documentation_uri = *uri.string();
  }
  if (Json name = body["access_token_signed_response_alg"]; name && !name.is_null()) {
    auto algorithm = jose::parse_algorithm(name.string_or(""));
    if (!algorithm) return wrong("access_token_signed_response_alg must be ES256, RS256 or EdDSA.");
    resource.access_token_algorithm = *algorithm;
  }
  if (Json flag = body["dpop_required"]; flag && !flag.is_null()) {
    if (!flag.is_boolean()) return wrong("dpop_required must be true or false.");
    resource.dpop_required = *flag.boolean();
  }
  return {};
}

}  // namespace

std::string resource_key(std::string_view uri) {
  if (uri.size() > kMaxResourceUri) return {};
  auto url = http::parse_url(uri);
  return url.ok() ? url->origin() + url->target : std::string();
}

bool same_resource(std::string_view a, std::string_view b) {
  std::string key = resource_key(a);
  return !key.empty() && key == resource_key(b);
}

Result<void> check_resource_uri(std::string_view uri) {
  if (uri.empty() || uri.size() > kMaxResourceUri)
    return wrong("A resource URI must have 1 to 2048 characters.");
  if (!has_uri_characters(uri) || !has_honest_percent_codes(uri) || has_dot_segment(uri)) {
    return wrong("A resource URI must be plainly spelt: no dot segments, no encoded separators.");
  }
  if (!is_web_uri(uri)) {
    return wrong(
        "A resource URI must be an https URL without user info and fragment; http is for loopback hosts.");
  }
  return {};
}

bool Resource::has_scope(std::string_view scope) const {
  return std::any_of(scopes.begin(), scopes.end(),
                     [scope](const ResourceScope& s) { return s.name == scope; });
}

Result<Resource> read_resource(const Json& body) {
  if (!body.is_object()) return wrong("A resource must be a JSON object.");
  Resource resource;
  resource.uri = body["uri"].string_or("");
  VK_CHECK(check_resource_uri(resource.uri));
  resource.name = body["name"].string_or("");
  if (resource.name.empty()) return wrong("A resource needs a name.");
  if (!is_plain_text(resource.name, kMaxResourceName))
    return wrong("A name must have at most 200 plain bytes.");
  VK_TRY(resource.scopes, read_scopes(body["scopes"]));
  VK_CHECK(read_options(body, resource));
  return resource;
}

Result<Resource> read_stored_resource(std::string_view text) {
  auto document = JsonDocument::parse(text);
  if (!document.ok()) return Error{Code::store, "resource is no JSON", "resources"};
  Json body = document->root();
  Resource resource;
  resource.uri = body["uri"].string_or("");
  resource.name = body["name"].string_or("");
  body["scopes"].each_element([&](const Json& scope) {
    resource.scopes.push_back(
        {std::string(scope["name"].string_or("")), std::string(scope["description"].string_or(""))});
  });
  resource.documentation_uri = body["documentation_uri"].string_or("");
  auto algorithm = jose::parse_algorithm(body["access_token_signed_response_alg"].string_or(""));
  resource.access_token_algorithm = algorithm.value_or(jose::Algorithm::ES256);
  resource.dpop_required = body["dpop_required"].boolean().value_or(false);
  return resource;
}

void write_resource(JsonWriter& json, const Resource& resource) {
  json.begin_object().member("uri", resource.uri).member("name", resource.name);
  json.key("scopes").begin_array();
  for (const ResourceScope& scope : resource.scopes) {
    json.begin_object().member("name", scope.name).member("description", scope.description).end_object();
  }
  json.end_array();
  if (!resource.documentation_uri.empty()) json.member("documentation_uri", resource.documentation_uri);
  json.key("access_token_signed_response_alg").string(jose::to_string(resource.access_token_algorithm));
  json.member("dpop_required", resource.dpop_required);
  json.end_object();
}

}  // namespace valetkey::apps
