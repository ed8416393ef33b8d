#include "engine/providers/openai/refresh_reply.h"

#include <algorithm>
#include <array>

#include "engine/providers/error_body.h"
#include "engine/providers/openai/claims.h"
#include "engine/providers/refresh_outcome.h"
#include "engine/providers/token_life.h"

namespace valetkey::providers::openai {
namespace {

using Kind = RefreshReply::Kind;

constexpr std::array<std::string_view, 3> kDeadForGood = {"refresh_token_expired",
                                                          "refresh_token_invalidated", "invalid_grant"};

// A code counts on 400 and 401; it has been seen with both.
Kind classify_refusal(int status, const std::string& code) {
  if (status != 400 && status != 401) return Kind::transient;
  if (code == "refresh_token_reused") return Kind::reused;
  bool dead = std::find(kDeadForGood.begin(), kDeadForGood.end(), code) != kDeadForGood.end();
  return dead || status == 401 ? Kind::permanent : Kind::transient;
}

}  // namespace

RefreshReply read_refresh_reply(const Reply& reply, const ProviderTokens& old, Millis now) {
  if (!reply.ok()) {
    std::string code = read_error_body(reply.body).code;
    return refresh_outcome(classify_refusal(reply.status, code), refresh_detail(reply.status, code));
  }
  auto document = JsonDocument::parse(reply.body);
  if (!document.ok()) return refresh_outcome(Kind::transient, "the answer is no JSON");
  Json root = document->root();
  std::string_view access = root["access_token"].string_or("");
  std::string_view refresh = root["refresh_token"].string_or("");
  if (access.empty() && refresh.empty()) return refresh_outcome(Kind::transient, "the answer has no token");

  AccountClaims claims = read_account_claims(root["id_token"].string_or(""), access);
  if (!claims.account_id.empty() && !old.account_id.empty() && claims.account_id != old.account_id) {
    // Calls would go on another account than the person signed in with.
    return refresh_outcome(Kind::permanent, "the answer is of another account");
  }
  RefreshReply out = refresh_outcome(Kind::renewed, {});
  out.tokens = old;
  if (!refresh.empty()) out.tokens.refresh = Secret(refresh);
  if (!access.empty()) {
    out.tokens.access = Secret(access);
    out.tokens.expires =
        jwt_expiry(access, now)
            .value_or(expiry_after(root["expires_in"], now).value_or(now + kAssumedTokenLife));
  }
  if (out.tokens.account_id.empty()) out.tokens.account_id = std::move(claims.account_id);
  if (!claims.plan.empty()) {
    out.tokens.plan = std::move(claims.plan);
    out.tokens.fedramp = claims.fedramp;
  }
  return out;
}

}  // namespace valetkey::providers::openai
