#include <utility>

#include "domain/apps/client_authentication.h"

namespace valetkey::apps {

// An empty secret is none: SDKs of public clients send one.
ClientProof read_client_proof(const http::Form& form, std::string_view authorization_header) {
  ClientProof proof;
  proof.client_id = http::form_value(form, "client_id");
  std::string_view secret = http::form_value(form, "client_secret");
  if (!secret.empty()) proof.client_secret = Secret(secret);
  proof.assertion_type = http::form_value(form, "client_assertion_type");
  proof.assertion = Secret(http::form_value(form, "client_assertion"));
  proof.authorization_header = authorization_header;
  return proof;
}

}  // namespace valetkey::apps
