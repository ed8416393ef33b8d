// Client metadata: RFC 7591 section 2, OpenID Connect Registration, RFC 9449, RFC 9126 and, for documents,
// the client id metadata document draft. Pure; private to the module.
#pragma once

#include <string_view>
#include <variant>

#include "domain/apps/clients.h"
#include "foundation/base/json.h"

namespace valetkey::apps {

constexpr size_t kMaxRedirectUris = 50;
constexpr size_t kMaxClientName = 200;    // bytes
constexpr size_t kMaxClientScope = 2048;  // bytes
constexpr size_t kMaxMetadataList = 100;  // elements of any other list
constexpr const char* kGrantAuthorizationCode = "authorization_code";
constexpr const char* kGrantRefreshToken = "refresh_token";
constexpr const char* kGrantClientCredentials = "client_credentials";

using MetadataResult = std::variant<Client, RegistrationProblem>;

// Whose metadata it is, and what the operator decided.
struct MetadataRules {
  ClientKind kind = ClientKind::dynamic;
  bool dynamic_client_credentials = false;  // RegistrationLimits::dynamic_client_credentials

  bool may_act_for_itself() const { return kind == ClientKind::builder || dynamic_client_credentials; }
};

// Judges all of it: one bad redirect URI spoils the whole. Unknown members are ignored, grant types that are
// not ours or not for this kind of client are dropped. Fills in neither id, secret nor times.
MetadataResult read_client_metadata(const Json& metadata, const MetadataRules& rules);

// A client from the text that write_client_metadata() wrote. Code::store for any other.
Result<Client> read_stored_metadata(std::string_view text, ClientKind kind);

bool needs_secret(const Client& client);  // client_secret_basic or client_secret_post

}  // namespace valetkey::apps
