#include "domain/apps/client_metadata.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "domain/apps/client_auth_metadata.h"
#include "domain/apps/metadata_members.h"
#include "domain/apps/uri_rules.h"

namespace valetkey::apps {
namespace {

using Problem = std::optional<RegistrationProblem>;

// RFC 6749 section 3.3.
bool is_scope_text(std::string_view text) {
  return text.size() <= kMaxClientScope && std::all_of(text.begin(), text.end(), [](char c) {
           return c >= ' ' && c <= '~' && c != '"' && c != '\\';
         });
}

// What a consent page can show without being deceived: no control characters, no bidirectional overrides
// (U+202A-202E, U+2066-2069).
bool is_plain_name(std::string_view name) {
  for (size_t i = 0; i < name.size(); ++i) {
    auto c = static_cast<unsigned char>(name[i]);
    if (c < ' ' || c == 127) return false;
    std::string_view three = name.substr(i, 3);
    if (three >= "\xE2\x80\xAA" && three <= "\xE2\x80\xAE") return false;
    if (three >= "\xE2\x81\xA6" && three <= "\xE2\x81\xA9") return false;
  }
  return true;
}

Problem read_name(const Json& metadata, const MetadataRules& rules, Client& client) {
  Json name = member(metadata, "client_name");
  if (!name && rules.kind == ClientKind::document) return bad_metadata("client_name is missing.");
  if (!name) return {};
  if (!name.is_string()) return bad_metadata("client_name must be a string.");
  client.name = *name.string();
  if (client.name.size() > kMaxClientName) return bad_metadata("client_name must have at most 200 bytes.");
  if (!is_plain_name(client.name)) return bad_metadata("client_name must hold no control characters.");
  return {};
}

Problem read_web_uris(const Json& metadata, const MetadataRules&, Client& client) {
  const std::pair<const char*, std::string*> uris[] = {{"client_uri", &client.client_uri},
                                                       {"logo_uri", &client.logo_uri},
                                                       {"tos_uri", &client.tos_uri},
                                                       {"policy_uri", &client.policy_uri}};
  for (auto [word, place] : uris) {
    Json uri = member(metadata, word);
    if (!uri) continue;
    if (!uri.is_string() || !is_web_uri(*uri.string())) {
      return bad_metadata(std::string(word) + " must be an https URL.");
    }
    *place = *uri.string();
  }
  return {};
}

// Explicit, or what the redirect URIs show: many native clients leave it out, and OpenID Connect's default
// would take their redirects away.
Problem read_application_type(const Json& metadata, const MetadataRules&, Client& client) {
  if (Json type = member(metadata, "application_type")) {
    if (type.string_or("") != "web" && type.string_or("") != "native") {
      return bad_metadata("application_type must be web or native.");
    }
    client.application_type = *type.string() == "native" ? ApplicationType::native : ApplicationType::web;
    return {};
  }
  member(metadata, "redirect_uris").each_element([&](const Json& uri) {
    std::string_view text = uri.string_or("https:");
    if (!text.starts_with("https:")) client.application_type = ApplicationType::native;
  });
  return {};
}

Problem read_uri_list(const Json& metadata, const char* word, ApplicationType type,
                      std::vector<std::string>& out) {
  auto refuse = [word](std::string_view why) {
    return RegistrationProblem{"invalid_redirect_uri", std::string(word) + ": " + std::string(why)};
  };
  Json list = member(metadata, word);
  if (!list) return {};
  auto uris = strings_of(list, kMaxRedirectUris);
  if (!uris) return refuse("must be a list of at most 50 strings.");
  for (std::string& uri : *uris) {
    if (auto checked = check_redirect_uri(uri, type); !checked.ok()) return refuse(checked.error().detail);
    bool known = std::find(out.begin(), out.end(), uri) != out.end();
    if (!known) out.push_back(std::move(uri));
  }
  return {};
}

Problem read_redirects(const Json& metadata, const MetadataRules&, Client& client) {
  if (auto problem =
          read_uri_list(metadata, "redirect_uris", client.application_type, client.redirect_uris)) {
    return problem;
  }
  return read_uri_list(metadata, "post_logout_redirect_uris", client.application_type,
                       client.post_logout_redirect_uris);
}

constexpr std::array<std::string_view, 6> kGrantTypes = {
    kGrantAuthorizationCode,
    kGrantRefreshToken,
    "urn:ietf:params:oauth:grant-type:device_code",
    kGrantClientCredentials,
    "urn:ietf:params:oauth:grant-type:token-exchange",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
};

// Acting without a person needs proof of who acts; acting for oneself, an account behind the client, unless
// the operator wants none.
bool may_have_grant(const Client& client, const MetadataRules& rules, std::string_view grant) {
  auto place = std::find(kGrantTypes.begin(), kGrantTypes.end(), grant);
  if (place == kGrantTypes.end()) return false;
  if (grant == kGrantClientCredentials && !rules.may_act_for_itself()) return false;
  return place - kGrantTypes.begin() < 3 || !client.is_public();
}

Problem read_grant_types(const Json& metadata, const MetadataRules& rules, Client& client) {
  std::vector<std::string> asked = {kGrantAuthorizationCode, kGrantRefreshToken};
  if (Json list = member(metadata, "grant_types")) {
    auto strings = strings_of(list, kMaxMetadataList);
    if (!strings) return bad_metadata("grant_types must be a list of strings.");
    asked = std::move(*strings);
  }
  // RFC 7591 section 2: what was asked for may be replaced; the answer says by what.
  for (std::string& grant : asked) {
    if (may_have_grant(client, rules, grant) && !client.has_grant_type(grant)) {
      client.grant_types.push_back(std::move(grant));
    }
  }
  if (client.grant_types.empty()) return bad_metadata("None of grant_types is supported for this client.");
  bool needs_redirect = client.has_grant_type(kGrantAuthorizationCode) || rules.kind == ClientKind::document;
  if (needs_redirect && client.redirect_uris.empty()) {
    return RegistrationProblem{"invalid_redirect_uri", "redirect_uris is missing."};
  }
  return {};
}

Problem read_response_types(const Json& metadata, const MetadataRules&, Client& client) {
  Json list = member(metadata, "response_types");
  if (!list) return {};
  auto types = strings_of(list, kMaxMetadataList);
  if (!types) return bad_metadata("response_types must be a list of strings.");
  bool has_code = std::find(types->begin(), types->end(), "code") != types->end();
  if (!has_code && client.has_grant_type(kGrantAuthorizationCode)) {
    return bad_metadata("response_types must contain code: it is the only one supported.");
  }
  return {};
}

Problem read_scope(const Json& metadata, const MetadataRules&, Client& client) {
  if (Json scope = member(metadata, "scope")) {
    if (!scope.is_string() || !is_scope_text(*scope.string())) {
      return bad_metadata("scope must be scope tokens separated by spaces, at most 2048 bytes.");
    }
    client.scope = *scope.string();
  }
  if (Json resource = member(metadata, "resource")) {
    std::string_view uri = resource.string_or("");
    if (uri.empty() || uri.size() > kMaxClientScope || !has_uri_characters(uri)) {
      return RegistrationProblem{"invalid_target", "resource must be one absolute URI."};
    }
    client.resource = uri;
  }
  return {};
}

Problem read_algorithms(const Json& metadata, const MetadataRules&, Client& client) {
  auto read = [&metadata](const char* word, jose::Algorithm& place, bool* is_set) -> Problem {
    Json name = member(metadata, word);
    if (!name) return {};
    auto algorithm = jose::parse_algorithm(name.string_or(""));
    if (!algorithm) return bad_metadata(std::string(word) + " must be ES256, RS256 or EdDSA.");
    place = *algorithm;
    if (is_set != nullptr) *is_set = true;
    return {};
  };
  if (auto problem = read("id_token_signed_response_alg", client.id_token_algorithm, nullptr)) return problem;
  if (auto problem = read("access_token_signed_response_alg", client.access_token_algorithm,
                          &client.access_token_algorithm_set)) {
    return problem;
  }
  jose::Algorithm of_assertions{};
  return read("token_endpoint_auth_signing_alg", of_assertions, nullptr);
}

Problem read_flags(const Json& metadata, const MetadataRules&, Client& client) {
  const std::pair<const char*, bool*> flags[] = {
      {"dpop_bound_access_tokens", &client.dpop_bound_access_tokens},
      {"require_pushed_authorization_requests", &client.require_pushed_requests}};
  for (auto [word, place] : flags) {
    Json flag = member(metadata, word);
    if (!flag) continue;
    if (!flag.is_boolean()) return bad_metadata(std::string(word) + " must be true or false.");
    *place = *flag.boolean();
  }
  if (member(metadata, "subject_type").string_or("public") != "public") {
    return bad_metadata("subject_type must be public.");
  }
  // Dropping these would promise less than was asked for.
  for (const char* word : {"require_signed_request_object", "tls_client_certificate_bound_access_tokens"}) {
    if (member(metadata, word).boolean().value_or(false)) {
      return bad_metadata(std::string(word) + " is not supported.");
    }
  }
  return {};
}

}  // namespace

MetadataResult read_client_metadata(const Json& metadata, const MetadataRules& rules) {
  if (!metadata.is_object()) return bad_metadata("The metadata must be a JSON object.");
  using Step = Problem (*)(const Json&, const MetadataRules&, Client&);
  constexpr Step kSteps[] = {read_name,         read_web_uris,    read_application_type, read_redirects,
                             read_auth_methods, read_grant_types, read_response_types,   read_scope,
                             read_algorithms,   read_flags};
  Client client;
  client.kind = rules.kind;
  for (Step step : kSteps) {
    if (auto problem = step(metadata, rules, client)) return *problem;
  }
  return client;
}

bool needs_secret(const Client& client) {
  return client.has_auth_method(AuthMethod::client_secret_basic) ||
         client.has_auth_method(AuthMethod::client_secret_post);
}

}  // namespace valetkey::apps
