#include "domain/authorization/codes.h"

#include "domain/authorization/client_rules.h"
#include "domain/authorization/tokens.h"
#include "foundation/base/ids.h"
#include "foundation/crypto/held_secret.h"

namespace valetkey::authorization {
namespace {

constexpr const char* kPurpose = "authorization code";

constexpr sql::Statement kInsert{
    "INSERT INTO oauth_codes (code_hash, grant_id, client_id, redirect_uri, code_challenge, nonce,"
    " dpop_thumbprint, ai, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"};
constexpr sql::Statement kFind{
    "SELECT grant_id, client_id, redirect_uri, code_challenge, nonce, dpop_thumbprint, ai, expires_at, "
    "used_at"
    " FROM oauth_codes WHERE code_hash = $1"};
constexpr sql::Statement kUse{"UPDATE oauth_codes SET used_at = $1 WHERE code_hash = $2 AND used_at = 0"};

struct CodeRow {
  std::string grant_id, client_id, redirect_uri, code_challenge, nonce, dpop_thumbprint, ai;
  Millis expires_at = 0;
  bool used = false;
};

Result<std::optional<CodeRow>> find_code(sql::Transaction& transaction, const std::string& hash) {
  VK_TRY(auto rows, transaction.run(kFind, {hash}));
  if (rows.empty()) return std::optional<CodeRow>();
  const sql::Row& row = rows.front();
  return std::optional(CodeRow{row.text(0), row.text(1), row.text(2), row.text(3), row.text(4), row.text(5),
                               row.blob(6), row.integer(7), row.integer(8) != 0});
}

Refusal bad_code() {
  return {OauthCode::invalid_grant,
          "The code is not valid: unknown, used, expired, or given to another app.",
          {}};
}

// What was sent must be what the code is bound to; nothing: it is.
std::optional<Refusal> mismatch(const CodeRow& code, const TokenRequest& request, Millis now) {
  auto redirect = http::form_value(request.form, "redirect_uri");
  auto verifier = http::form_value(request.form, "code_verifier");
  if (code.client_id != request.client.client.id || code.expires_at <= now) return bad_code();
  // OAuth 2.1 dropped the parameter from this request; who sends it must be right.
  if (!redirect.empty() && redirect != code.redirect_uri) {
    return Refusal{
        OauthCode::invalid_grant, "redirect_uri differs from the one of the authorization request.", {}};
  }
  if (!verifier_fits(verifier, code.code_challenge)) {
    return Refusal{OauthCode::invalid_grant, "code_verifier does not fit the code_challenge.", {}};
  }
  if (!code.dpop_thumbprint.empty() && code.dpop_thumbprint != request.dpop_thumbprint) {
    return Refusal{OauthCode::invalid_grant, "The code is bound to another DPoP key.", {}};
  }
  return std::nullopt;
}

// A code that comes a second time was stolen or its answer was lost: everything that came of it ends.
Result<Outcome<Grant>> use_code(sql::Transaction& transaction, const std::string& hash, const CodeRow& code,
                                Millis now) {
  VK_CHECK(transaction.run(kUse, {now, hash}));
  if (transaction.changed() == 0) {
    VK_CHECK(revoke_grant(transaction, code.grant_id, now));
    return Outcome<Grant>(bad_code());
  }
  VK_TRY(auto grant, use_grant(transaction, code.grant_id, now));
  if (!grant) return Outcome<Grant>(bad_code());
  return Outcome<Grant>(std::move(*grant));
}

}  // namespace

Result<void> store_code(sql::Transaction& transaction, const Authority& authority,
                        const AuthorizationRequest& request, const Grant& grant, const Secret& code,
                        const AiKeys& ai) {
  crypto::HeldSecret held(code, kPurpose);
  std::string sealed = ai.empty() ? "" : held.seal(write_ai_keys(ai).reveal(), authority.random);
  VK_CHECK(insert_grant(transaction, grant));
  VK_CHECK(remember_consent(transaction, grant, ai.empty() ? std::string() : ai.front().id.value));
  VK_CHECK(transaction.run(
      kInsert, {held.hash(), grant.id, grant.client_id, request.redirect.uri, request.code_challenge,
                request.nonce, request.dpop_thumbprint, sql::Blob{std::move(sealed)},
                grant.created_at + authority.options.code_lifetime}));
  return {};
}

Task<Result<Outcome<TokenAnswer>>> redeem_code(const Authority& authority, TokenRequest request) {
  std::string_view sent = http::form_value(request.form, "code");
  if (sent.empty()) co_return Refusal{OauthCode::invalid_request, "code is missing.", {}};
  if (http::form_value(request.form, "code_verifier").empty()) {
    co_return Refusal{OauthCode::invalid_grant, "code_verifier is missing.", {}};
  }
  crypto::HeldSecret held{Secret(sent), kPurpose};
  Millis now = authority.clock.now();
  std::optional<CodeRow> code;
  std::optional<Grant> live;
  auto look_up = [&](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(code, find_code(transaction, held.hash()));
    if (!code) return {};
    VK_TRY(live, find_grant(transaction, code->grant_id, now));
    return {};
  };
  CO_CHECK(co_await authority.database.read(std::ref(look_up)));
  if (!code || !live) co_return bad_code();
  // A used one goes on to be used again, which ends its grant; a wrong sender must not be able to do that.
  if (auto refused = mismatch(*code, request, code->used ? 0 : now)) co_return std::move(*refused);

  AiKeys ai;
  if (!code->ai.empty()) {
    CO_TRY(Secret text, held.open(code->ai));
    CO_TRY(ai, read_ai_keys(text));
  }
  const apps::Client& client = request.client.client;
  CO_OAUTH_TRY(auto resource,
               co_await find_requested_resource(authority, client, {{"resource", live->resource}}));
  if (auto refused = check_dpop(client, resource, request.dpop_thumbprint)) co_return std::move(*refused);
  bool refreshable = client.has_grant_type("refresh_token");
  NewRefreshToken fresh;
  fresh.token = crypto::make_token(authority.random);
  fresh.client_id = client.id;
  fresh.dpop_thumbprint = client.is_public() ? request.dpop_thumbprint : std::string();
  fresh.ai = ai;
  auto redeem = [&](sql::Transaction& transaction) -> Result<Outcome<Grant>> {
    VK_TRY(auto used, use_code(transaction, held.hash(), *code, now));
    if (auto* grant = std::get_if<Grant>(&used); grant != nullptr && refreshable) {
      fresh.grant_id = grant->id;
      fresh.scopes = grant->scopes;
      fresh.expires_at = std::min(grant->expires_at, now + authority.options.refresh_idle_lifetime);
      VK_CHECK(insert_refresh_token(transaction, fresh, authority.random));
    }
    return used;
  };
  CO_OAUTH_TRY(Grant grant, co_await authority.database.write_value<Outcome<Grant>>(std::ref(redeem)));

  Minting minting{.client = client,
                  .resource = std::move(resource),
                  .grant = grant,
                  .scopes = grant.scopes,
                  .ai = std::move(ai),
                  .dpop_thumbprint = request.dpop_thumbprint,
                  .nonce = code->nonce,
                  .with_id_token = true};
  CO_TRY(TokenAnswer answer, co_await mint_tokens(authority, std::move(minting)));
  if (refreshable) answer.refresh_token = fresh.token;
  co_return answer;
}

}  // namespace valetkey::authorization
