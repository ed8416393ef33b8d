#include "domain/apps/registration_target.h"

#include <algorithm>
#include <utility>

#include "domain/apps/metadata_members.h"

namespace valetkey::apps {
namespace {

using Fitted = std::variant<JsonDocument, RegistrationProblem>;

bool is_everybodys(std::string_view scope) {
  return scope == "openid" || scope == "profile" || scope == "email" || scope == "offline_access";
}

std::string known_scopes(std::string_view asked, const Resource& resource) {
  std::string known;
  while (!asked.empty()) {
    size_t end = std::min(asked.find(' '), asked.size());
    std::string_view scope = asked.substr(0, end);
    asked.remove_prefix(std::min(end + 1, asked.size()));
    if (scope.empty() || !(is_everybodys(scope) || resource.has_scope(scope))) continue;
    if (!known.empty()) known.push_back(' ');
    known.append(scope);
  }
  return known;
}

// The members with those two replaced.
Result<JsonDocument> rewrite(const Json& metadata, const std::string& resource, const std::string& scope) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  metadata.each_member([&](std::string_view name, const Json& value) {
    if (name != "resource" && name != "scope") json.member(name, value);
  });
  if (!resource.empty()) json.member("resource", resource);
  if (!scope.empty()) json.member("scope", scope);
  json.end_object();
  return JsonDocument::parse(text);
}

}  // namespace

Task<Result<Fitted>> fit_to_resource(Resources& resources, Json metadata) {
  Json uri = member(metadata, "resource");
  Json scope = member(metadata, "scope");
  if (!uri) {
    CO_TRY(JsonDocument same, JsonDocument::parse(to_json(metadata)));
    co_return Fitted(std::move(same));
  }
  auto resource = co_await resources.find(std::string(uri.string_or("")));
  if (!resource.ok() && resource.error().code != Code::not_found) co_return std::move(resource).error();
  if (!resource.ok()) co_return Fitted(RegistrationProblem{"invalid_target", "Unknown resource."});
  std::string known = known_scopes(scope.string_or(""), *resource);
  bool asked_for_some = scope.string_or("").find_first_not_of(' ') != std::string_view::npos;
  if (asked_for_some && known.empty()) {
    co_return Fitted(RegistrationProblem{"invalid_scope", "The resource has none of these scopes."});
  }
  if (scope && !scope.is_string()) {
    co_return Fitted(RegistrationProblem{"invalid_client_metadata", "scope must be a string."});
  }
  CO_TRY(JsonDocument fitted, rewrite(metadata, resource->uri, known));
  co_return Fitted(std::move(fitted));
}

}  // namespace valetkey::apps
