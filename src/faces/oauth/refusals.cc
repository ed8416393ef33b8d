#include "faces/oauth/refusals.h"

#include "faces/oauth/json_errors.h"

namespace valetkey::faces {
namespace {

using authorization::OauthCode;

int status_of(OauthCode code) {
  switch (code) {
    case OauthCode::invalid_client:
      return 401;
    case OauthCode::temporarily_unavailable:
      return 503;
    case OauthCode::server_error:
      return 500;
    case OauthCode::invalid_request:
    case OauthCode::invalid_grant:
    case OauthCode::unauthorized_client:
    case OauthCode::unsupported_grant_type:
    case OauthCode::unsupported_response_type:
    case OauthCode::unsupported_token_type:
    case OauthCode::invalid_scope:
    case OauthCode::invalid_target:
    case OauthCode::invalid_authorization_details:
    case OauthCode::access_denied:
    case OauthCode::login_required:
    case OauthCode::consent_required:
    case OauthCode::interaction_required:
    case OauthCode::request_not_supported:
    case OauthCode::request_uri_not_supported:
    case OauthCode::invalid_request_uri:
    case OauthCode::invalid_dpop_proof:
    case OauthCode::use_dpop_nonce:
    case OauthCode::authorization_pending:
    case OauthCode::slow_down:
    case OauthCode::expired_token:
      return 400;
  }
  return 500;
}

}  // namespace

http::Response refuse(const authorization::Refusal& refusal) {
  http::Response response =
      oauth_error(status_of(refusal.code), authorization::to_string(refusal.code), refusal.description);
  if (!refusal.dpop_nonce.empty()) response.headers.add("dpop-nonce", refusal.dpop_nonce);
  return response;
}

http::Response refuse_basic(const authorization::Refusal& refusal) {
  http::Response response = refuse(refusal);
  if (response.status == 401) response.headers.add("www-authenticate", "Basic realm=\"valetkey\"");
  return response;
}

}  // namespace valetkey::faces
