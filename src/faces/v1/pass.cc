#include "faces/v1/pass.h"

namespace valetkey::faces {

Result<CredentialKey> key_of_request(const V1& face, const http::Request& request) {
  auto token = bearer_token(request.headers.get("authorization"));
  VK_TRY(SessionPass pass, verify_session_pass(face.ring, token, face.clock.now_seconds()));
  // A pass issued for an app is good only for that app; this server has no apps yet.
  if (!pass.credential.app.empty()) return Error{Code::unauthorized, "pass of an app", "v1"};
  return std::move(pass.credential);
}

}  // namespace valetkey::faces
