#include "engine/providers/openai/claims.h"

#include <optional>

#include "foundation/base/json.h"
#include "foundation/jose/jose.h"

namespace valetkey::providers::openai {
namespace {

constexpr std::string_view kAuthClaim = "https://api.openai.com/auth";

AccountClaims claims_of(std::string_view token) {
  AccountClaims out;
  auto payload = token.empty() ? std::nullopt : jose::read_unverified(token);
  if (!payload) return out;
  Json root = payload->root();
  Json auth = root[kAuthClaim];
  for (Json candidate : {auth["chatgpt_account_id"], root["chatgpt_account_id"],
                         auth["organizations"].at(0)["id"], root["organizations"].at(0)["id"]}) {
    out.account_id = std::string(candidate.string_or(""));
    if (!out.account_id.empty()) break;
  }
  out.plan = std::string(auth["chatgpt_plan_type"].string_or(""));
  out.fedramp = auth["chatgpt_account_is_fedramp"].boolean().value_or(false);
  return out;
}

}  // namespace

AccountClaims read_account_claims(std::string_view id_token, std::string_view access_token) {
  AccountClaims claims = claims_of(id_token);
  AccountClaims from_access = claims_of(access_token);
  if (claims.account_id.empty()) claims.account_id = std::move(from_access.account_id);
  if (claims.plan.empty()) claims.plan = std::move(from_access.plan);
  claims.fedramp = claims.fedramp || from_access.fedramp;
  return claims;
}

}  // namespace valetkey::providers::openai
