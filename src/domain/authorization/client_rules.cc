#include "domain/authorization/client_rules.h"

namespace valetkey::authorization {

bool serves_resource(const apps::Client& client, const apps::Resource& resource) {
  return client.kind == apps::ClientKind::builder && !client.owner.empty() && client.owner == resource.owner;
}

std::optional<Refusal> check_grant_type(const apps::Client& client, std::string_view grant_type) {
  if (client.has_grant_type(grant_type)) return std::nullopt;
  return Refusal{OauthCode::unauthorized_client, "This app is not registered for this grant type.", {}};
}

std::optional<Refusal> check_confidential(const apps::AuthenticatedClient& client,
                                          std::string_view grant_type) {
  if (client.method == apps::AuthMethod::none) {
    return Refusal{OauthCode::unauthorized_client, "This grant type is for apps that authenticate.", {}};
  }
  return check_grant_type(client.client, grant_type);
}

std::optional<Refusal> check_dpop(const apps::Client& client, const apps::Resource& resource,
                                  std::string_view thumbprint) {
  const bool wanted = client.dpop_bound_access_tokens || resource.dpop_required;
  if (!wanted || !thumbprint.empty()) return std::nullopt;
  return Refusal{OauthCode::invalid_dpop_proof, "A DPoP proof is needed here.", {}};
}

}  // namespace valetkey::authorization
