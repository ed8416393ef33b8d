// What more than one grant asks of a client.
#pragma once

#include <optional>
#include <string_view>

#include "domain/apps/client.h"
#include "domain/apps/resources.h"
#include "domain/authorization/oauth_error.h"
#include "domain/authorization/tokens.h"

namespace valetkey::authorization {

constexpr const char* kClientCredentials = "client_credentials";
constexpr const char* kDeviceCode = "urn:ietf:params:oauth:grant-type:device_code";
constexpr const char* kTokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange";
constexpr const char* kJwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";

// Is this client the server behind that resource: made in the portal by the very builder who owns it.
bool serves_resource(const apps::Client& client, const apps::Resource& resource);

// Nothing: the client may use this grant type.
std::optional<Refusal> check_grant_type(const apps::Client& client, std::string_view grant_type);
// The same, and it authenticated in this very request.
std::optional<Refusal> check_confidential(const apps::AuthenticatedClient& client,
                                          std::string_view grant_type);
// RFC 9449: client or resource takes nothing but bound tokens, and no proof came.
std::optional<Refusal> check_dpop(const apps::Client& client, const apps::Resource& resource,
                                  std::string_view thumbprint);

}  // namespace valetkey::authorization
