// The JWTs the emulated issuers hand out (upstreams 1.7). Clients do not verify them, so they are signed with
// anything.
#pragma once

#include <string>
#include <string_view>

#include "foundation/base/clock.h"
#include "people.h"

namespace valetkey::emulator {

// Deviations of scenario family A9.
struct JwtShape {
  bool no_exp = false, exp_past = false, exp_huge = false;
  bool padded = false;  // base64url with '='
  bool no_auth_claim = false, account_in_organizations = false, unknown_plan = false, fedramp = false;
};
// "A9.no_exp" -> no_exp and so on; the plain shape for any other id.
JwtShape jwt_shape_of(std::string_view fault_id);

struct JwtInput {
  const Person* person = nullptr;
  std::string issuer;
  std::string client_id;
  std::string jti;
  Millis issued_at = 0;
  Millis expires_at = 0;
  JwtShape shape;
};
std::string make_openai_id_token(const JwtInput& input);
std::string make_openai_access_token(const JwtInput& input);
std::string make_xai_access_token(const JwtInput& input);
std::string make_xai_id_token(const JwtInput& input);

}  // namespace valetkey::emulator
