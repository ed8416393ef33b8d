#include "faces/portal/authorization_endpoint.h"
#include "foundation/http/url.h"

namespace valetkey::faces {
namespace {

using authorization::AuthorizationRequest;
using authorization::ConnectedAi;
using authorization::contains;
using authorization::Decision;
using authorization::kAiScope;
using authorization::Question;
using authorization::SignInNeed;

// What the scopes of every resource mean, in plain words.
std::string_view meaning_of(std::string_view scope) {
  if (scope == "openid") return "Recognise you when you come back";
  if (scope == "profile") return "See your name";
  if (scope == "email") return "See your e-mail address";
  if (scope == "offline_access") return "Stay connected while you are away";
  if (scope == kAiScope) return "Use your AI: its calls go through on your account";
  return {};
}

std::string describe(const apps::Resource& resource, const std::string& scope) {
  for (const auto& known : resource.scopes) {
    if (known.name == scope && !known.description.empty()) return known.description;
  }
  auto meaning = meaning_of(scope);
  return std::string(meaning.empty() ? std::string_view(scope) : meaning);
}

// The host of an address, or what stands before its colon for an app's own scheme.
std::string host_of(const std::string& uri) {
  auto url = http::parse_url(uri);
  if (url.ok()) return url->authority();
  return uri.substr(0, uri.find(':'));
}

void write_optional(JsonWriter& json, std::string_view name, const std::string& text) {
  json.key(name);
  if (text.empty()) {
    json.null();
  } else {
    json.string(text);
  }
}

void write_client(JsonWriter& json, const apps::Client& client) {
  json.key("client").begin_object().member("id", client.id).member("name", client.name);
  write_optional(json, "host",
                 client.kind == apps::ClientKind::document ? host_of(client.id) : std::string());
  json.member("kind", apps::to_string(client.kind));
  write_optional(json, "client_uri", client.client_uri);
  write_optional(json, "policy_uri", client.policy_uri);
  write_optional(json, "tos_uri", client.tos_uri);
  json.end_object();
}

std::string_view to_string(SignInNeed need) {
  switch (need) {
    case SignInNeed::ok:
      return "ok";
    case SignInNeed::required:
      return "required";
    case SignInNeed::again:
      return "again";
  }
  return "required";
}

}  // namespace

void write_question(JsonWriter& json, const Question& question) {
  const AuthorizationRequest& request = question.request;
  write_client(json, request.client);
  write_optional(json, "redirect_host", request.redirect.uri.empty() ? "" : host_of(request.redirect.uri));
  json.member("loopback", apps::is_loopback_redirect(request.redirect.uri));
  json.key("resource").begin_object().member("uri", request.resource.uri);
  json.member("name", request.resource.name).end_object();
  json.key("scopes").begin_array();
  for (const std::string& scope : request.scopes) {
    json.begin_object()
        .member("name", scope)
        .member("description", describe(request.resource, scope))
        .member("granted", contains(question.granted_before, scope))
        .end_object();
  }
  json.end_array().key("ai").begin_array();
  for (const ConnectedAi& ai : question.ai) {
    json.begin_object()
        .member("id", ai.credential_id)
        .member("provider", valetkey::to_string(ai.provider))
        .member("name", display_name(ai.provider))
        .member("plan", ai.plan)
        .member("chosen", ai.credential_id == question.ai_before)
        .end_object();
  }
  json.end_array();
  if (!request.authorization_details.empty()) {
    json.key("authorization_details").raw(request.authorization_details);
  }
  write_optional(json, "login_hint", request.login_hint);
  json.member("sign_in", to_string(question.sign_in)).member("expires_at", question.expires_at);
}

std::optional<Decision> read_decision(const JsonDocument& body) {
  Decision decision;
  auto word = body["decision"].string_or("");
  if (word != "approve" && word != "deny") return std::nullopt;
  decision.approve = word == "approve";
  // Scopes that cannot be read must not count as all that were asked for.
  if (Json scopes = body["scopes"]; scopes.exists() && !scopes.is_null()) {
    bool readable = scopes.is_array();
    decision.scopes.emplace();
    scopes.each_element([&](const Json& scope) {
      readable = readable && scope.is_string();
      decision.scopes->emplace_back(scope.string_or(""));
    });
    if (!readable) return std::nullopt;
  }
  decision.credential_id = body["ai"].string_or("");
  return decision;
}

}  // namespace valetkey::faces
