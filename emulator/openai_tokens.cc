#include "openai_tokens.h"

#include "foundation/crypto/crypto.h"
#include "foundation/jose/jose.h"
#include "refusal.h"

namespace valetkey::emulator {
namespace {

struct Omit {
  bool access = false, refresh = false;
};

std::string token_reply(const TokenSet& tokens, Omit omit) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("id_token", tokens.id_token);
  if (!omit.access) json.member("access_token", tokens.access);
  if (!omit.refresh && !tokens.refresh.empty()) json.member("refresh_token", tokens.refresh);
  json.member("token_type", "Bearer").member("expires_in", tokens.expires_in);
  json.member("scope", "openid profile email offline_access").end_object();
  return out;
}

Task<void> refuse(Call& call, Refusal refusal) {
  co_await call.reply(refusal.status, std::move(refusal.body));
}

Refusal invalid_grant(std::string_view shape) {
  if (shape == "nested") {
    return envelope_refusal(400, "Could not validate your token. Please try signing in again.",
                            "invalid_request_error", {}, "invalid_grant");
  }
  return oauth_refusal(400, "invalid_grant",
                       "The authorization code is invalid, expired or was issued to somebody else.");
}

Task<void> exchange_code(Call& call, const Fields& fields) {
  if (call.struck_by("A4.invalid_grant")) {
    const std::string shape = call.fault->text("shape", "rfc");
    if (shape == "text") return call.reply_text(400, "invalid_grant");
    if (shape == "html") return call.reply_html(400, "<html><body>Bad Request</body></html>");
    return refuse(call, invalid_grant(shape));
  }
  auto code = call.world.device_sign_ins.take_code(fields.get("code"));
  if (!code || call.struck_by("A4.wrong_redirect") || code->redirect_uri != fields.get("redirect_uri") ||
      code->client_id != fields.get("client_id") ||
      code->code_challenge != challenge_of(fields.get("code_verifier"))) {
    return refuse(call, invalid_grant("rfc"));
  }
  const bool misshapen = call.struck_by_family("A9.");
  const JwtShape shape = misshapen ? jwt_shape_of(call.fault->id()) : JwtShape{};
  const TokenSet tokens = call.world.tokens.sign_in(Issuer::openai, code->person, code->client_id, shape);
  return call.reply(200, token_reply(tokens, Omit{false, call.struck_by("A4.no_refresh_token")}));
}

Refusal refresh_refusal(RefreshVerdict verdict, int reuse_status) {
  switch (verdict) {
    case RefreshVerdict::reused:
      return envelope_refusal(reuse_status,
                              "Your refresh token has already been used to generate a new access token. "
                              "Please try signing in again.",
                              "invalid_request_error", {}, "refresh_token_reused");
    case RefreshVerdict::expired:
      return envelope_refusal(401, "Your refresh token has expired. Please try signing in again.",
                              "invalid_request_error", {}, "refresh_token_expired");
    case RefreshVerdict::invalidated:
      return envelope_refusal(401, "Your refresh token has been invalidated. Please try signing in again.",
                              "invalid_request_error", {}, "refresh_token_invalidated");
    case RefreshVerdict::unknown:
    case RefreshVerdict::good:
      break;
  }
  return envelope_refusal(401, "Could not validate your refresh token. Please try signing in again.",
                          "invalid_request_error", {}, "invalid_grant");
}

// Faults that refuse before anything rotates.
std::optional<Refusal> refused_by_fault(Call& call) {
  const auto status = [&call] { return static_cast<int>(call.fault->integer("status", 401)); };
  if (call.struck_by("A6.reused")) return refresh_refusal(RefreshVerdict::reused, status());
  if (call.struck_by("A6.server_error")) return envelope_refusal(500, "Internal error", "server_error");
  for (auto [id, verdict] : {std::pair{"A6.expired", RefreshVerdict::expired},
                             std::pair{"A6.invalidated", RefreshVerdict::invalidated}}) {
    if (!call.struck_by(id)) continue;
    Refusal refusal = refresh_refusal(verdict, 401);
    refusal.status = status();
    return refusal;
  }
  return std::nullopt;
}

Task<void> refresh(Call& call, const Fields& fields) {
  if (auto refused = refused_by_fault(call)) co_return co_await refuse(call, std::move(*refused));
  std::optional<Person> moved_to;
  if (call.struck_by("A6.new_account")) moved_to = make_person(call.fault->text("email", "eve@example.test"));
  const bool rotate = !call.struck_by("A6.no_refresh_token");
  const bool misshapen = call.struck_by_family("A9.");
  const JwtShape shape = misshapen ? jwt_shape_of(call.fault->id()) : JwtShape{};
  const int reuse_status = call.world.tokens.policy().reuse_status;
  RefreshOutcome outcome = call.world.tokens.refresh(Issuer::openai, fields.get("refresh_token"), shape,
                                                     moved_to ? &*moved_to : nullptr, rotate);
  if (outcome.verdict != RefreshVerdict::good) {
    Refusal refusal = refresh_refusal(outcome.verdict, reuse_status);
    co_return co_await refuse(call, std::move(refusal));
  }
  if (call.struck_by("A6.cut_after_rotation")) co_return call.exchange.close_connection(true);
  if (call.struck_by("A6.slow") && !co_await call.wait(call.fault->integer("ms", 30'000))) co_return;
  std::string reply = token_reply(outcome.tokens, Omit{call.struck_by("A6.no_access_token"), !rotate});
  co_await call.reply(200, std::move(reply));
}

}  // namespace

std::string challenge_of(std::string_view verifier) {
  return jose::base64url_encode(crypto::sha256(verifier));
}

Task<void> issue_openai_tokens(Call& call) {
  const Fields fields(call.request());
  const std::string grant = fields.get("grant_type");
  if (grant == "authorization_code") {
    co_await exchange_code(call, fields);
  } else if (grant == "refresh_token") {
    co_await refresh(call, fields);
  } else if (grant == "urn:ietf:params:oauth:grant-type:token-exchange") {
    // A personal plan gets no API key this way.
    Refusal refusal = envelope_refusal(401, "Invalid ID token: missing organization_id",
                                       "invalid_request_error", {}, "invalid_subject_token");
    co_await refuse(call, std::move(refusal));
  } else {
    Refusal refusal = oauth_refusal(400, "unsupported_grant_type", "Unknown grant_type");
    co_await refuse(call, std::move(refusal));
  }
}

}  // namespace valetkey::emulator
