#include "domain/apps/client.h"

#include <algorithm>

namespace valetkey::apps {

std::string_view to_string(AuthMethod method) {
  switch (method) {
    case AuthMethod::none:
      return "none";
    case AuthMethod::private_key_jwt:
      return "private_key_jwt";
    case AuthMethod::client_secret_basic:
      return "client_secret_basic";
    case AuthMethod::client_secret_post:
      return "client_secret_post";
  }
  return "";
}

std::string_view to_string(ClientKind kind) {
  switch (kind) {
    case ClientKind::builder:
      return "builder";
    case ClientKind::dynamic:
      return "dynamic";
    case ClientKind::document:
      return "document";
  }
  return "";
}

std::string_view to_string(ApplicationType type) {
  switch (type) {
    case ApplicationType::web:
      return "web";
    case ApplicationType::native:
      return "native";
  }
  return "";
}

bool Client::has_auth_method(AuthMethod method) const {
  return std::find(auth_methods.begin(), auth_methods.end(), method) != auth_methods.end();
}

bool Client::has_grant_type(std::string_view grant_type) const {
  return std::find(grant_types.begin(), grant_types.end(), grant_type) != grant_types.end();
}

bool Client::is_public() const {
  return std::all_of(auth_methods.begin(), auth_methods.end(),
                     [](AuthMethod method) { return method == AuthMethod::none; });
}

bool Client::only_loopback_redirects() const {
  return !redirect_uris.empty() &&
         std::all_of(redirect_uris.begin(), redirect_uris.end(),
                     [](const std::string& uri) { return is_loopback_redirect(uri); });
}

}  // namespace valetkey::apps
