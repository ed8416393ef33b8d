#include "domain/authorization/oauth_error.h"

namespace valetkey::authorization {

std::string_view to_string(OauthCode code) {
#define WORD(name)      \
  case OauthCode::name: \
    return #name
  switch (code) {
    WORD(invalid_request);
    WORD(invalid_client);
    WORD(invalid_grant);
    WORD(unauthorized_client);
    WORD(unsupported_grant_type);
    WORD(unsupported_response_type);
    WORD(unsupported_token_type);
    WORD(invalid_scope);
    WORD(invalid_target);
    WORD(invalid_authorization_details);
    WORD(access_denied);
    WORD(login_required);
    WORD(consent_required);
    WORD(interaction_required);
    WORD(request_not_supported);
    WORD(request_uri_not_supported);
    WORD(invalid_request_uri);
    WORD(invalid_dpop_proof);
    WORD(use_dpop_nonce);
    WORD(authorization_pending);
    WORD(slow_down);
    WORD(expired_token);
    WORD(server_error);
    WORD(temporarily_unavailable);
  }
#undef WORD
  return "server_error";
}

}  // namespace valetkey::authorization
