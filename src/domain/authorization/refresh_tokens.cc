// Refresh tokens: rotated at every use. A token that comes again within the grace window gets the same answer
// as the first time (processes that share a token store race; answers get lost); later, or once its successor
// was used, it is taken for stolen and the grant ends.
#include <algorithm>

#include "domain/authorization/authorization_request.h"
#include "domain/authorization/client_rules.h"
#include "domain/authorization/tokens.h"
#include "foundation/crypto/held_secret.h"

namespace valetkey::authorization {
namespace {

constexpr const char* kPurpose = "refresh token";

constexpr sql::Statement kInsert{
    "INSERT INTO oauth_refresh_tokens (token_hash, grant_id, client_id, scope, dpop_thumbprint, ai, reply,"
    " expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"};
constexpr sql::Statement kFind{
    "SELECT t.grant_id, t.client_id, t.scope, t.dpop_thumbprint, t.ai, t.reply, t.used_at, t.expires_at,"
    " COALESCE((SELECT s.used_at FROM oauth_refresh_tokens s WHERE s.token_hash = t.successor_hash), 0)"
    " FROM oauth_refresh_tokens t WHERE t.token_hash = $1"};
// Only one of any number of racing uses changes the row.
constexpr sql::Statement kSpend{
    "UPDATE oauth_refresh_tokens SET used_at = $1, successor_hash = $2, reply = $3"
    " WHERE token_hash = $4 AND used_at = 0"};

struct TokenRow {
  std::string grant_id, client_id;
  Scopes scopes;
  std::string dpop_thumbprint, ai, reply;
  Millis used_at = 0, expires_at = 0, successor_used_at = 0;
};

Result<std::optional<TokenRow>> find_token(sql::Transaction& transaction, const std::string& hash) {
  VK_TRY(auto rows, transaction.run(kFind, {hash}));
  if (rows.empty()) return std::optional<TokenRow>();
  const sql::Row& row = rows.front();
  return std::optional(TokenRow{row.text(0), row.text(1), parse_scopes(row.text(2)).value_or(Scopes{}),
                                row.text(3), row.blob(4), row.blob(5), row.integer(6), row.integer(7),
                                row.integer(8)});
}

Refusal bad_token() {
  return {OauthCode::invalid_grant, "The refresh token is not valid any more: sign in again.", {}};
}

std::optional<Refusal> mismatch(const TokenRow& row, const TokenRequest& request, Millis now) {
  if (row.client_id != request.client.client.id || row.expires_at <= now) return bad_token();
  if (!row.dpop_thumbprint.empty() && row.dpop_thumbprint != request.dpop_thumbprint) {
    return Refusal{OauthCode::invalid_grant, "The refresh token is bound to another DPoP key.", {}};
  }
  return std::nullopt;
}

// RFC 6749 section 6: the same or fewer.
Outcome<Scopes> narrowed(const TokenRow& row, const http::Form& form) {
  auto text = http::form_value(form, "scope");
  if (text.empty()) return row.scopes;
  auto wanted = parse_scopes(text);
  if (!wanted || !contains_all(row.scopes, *wanted)) {
    return Refusal{OauthCode::invalid_scope, "A refresh cannot widen the scope.", {}};
  }
  return *wanted;
}

}  // namespace

Result<void> insert_refresh_token(sql::Transaction& transaction, const NewRefreshToken& fresh,
                                  Random& random) {
  crypto::HeldSecret held(fresh.token, kPurpose);
  std::string sealed = fresh.ai.empty() ? "" : held.seal(write_ai_keys(fresh.ai).reveal(), random);
  VK_CHECK(transaction.run(
      kInsert, {held.hash(), fresh.grant_id, fresh.client_id, join_scopes(fresh.scopes),
                fresh.dpop_thumbprint, sql::Blob{std::move(sealed)}, sql::Blob{}, fresh.expires_at}));
  return {};
}

namespace {

// One refresh, from the row that was found to the answer.
class Rotation {
 public:
  Rotation(const Authority& authority, TokenRequest request, crypto::HeldSecret held, TokenRow row,
           Millis now)
      : authority_(authority),
        request_(std::move(request)),
        held_(std::move(held)),
        row_(std::move(row)),
        now_(now) {}

  // `grant` was live when the row was read; whether it still is, is seen when it is locked.
  Task<Result<Outcome<TokenAnswer>>> run(Grant grant);

 private:
  Task<Result<Outcome<TokenAnswer>>> prepare(const Grant& grant);
  Result<Outcome<std::string>> spend(sql::Transaction& transaction);
  Result<Outcome<std::string>> spent_before(sql::Transaction& transaction);
  Task<Result<Outcome<TokenAnswer>>> replay(const std::string& reply);

  const Authority& authority_;
  TokenRequest request_;
  crypto::HeldSecret held_;
  TokenRow row_;
  Millis now_;
  AiKeys ai_;
  NewRefreshToken successor_;
  std::string sealed_reply_;
};

// The answer is made before the store decides who wins, so that it is durable with the decision.
Task<Result<Outcome<TokenAnswer>>> Rotation::prepare(const Grant& grant) {
  auto scopes = narrowed(row_, request_.form);
  if (auto* refused = std::get_if<Refusal>(&scopes)) co_return std::move(*refused);
  CO_OAUTH_TRY(auto asked,
               co_await find_requested_resource(authority_, request_.client.client, request_.form));
  bool named = !http::form_value(request_.form, "resource").empty();
  if (named && !apps::same_resource(asked.uri, grant.resource)) {
    co_return Refusal{OauthCode::invalid_target, "A refresh cannot change the resource.", {}};
  }
  CO_OAUTH_TRY(auto resource, co_await find_requested_resource(authority_, request_.client.client,
                                                               {{"resource", grant.resource}}));
  if (auto refused = check_dpop(request_.client.client, resource, request_.dpop_thumbprint)) {
    co_return std::move(*refused);
  }
  if (!row_.ai.empty()) {
    CO_TRY(Secret text, held_.open(row_.ai));
    CO_TRY(ai_, read_ai_keys(text));
  }
  Minting minting{.client = request_.client.client,
                  .resource = std::move(resource),
                  .grant = grant,
                  .scopes = std::get<Scopes>(std::move(scopes)),
                  .ai = ai_,
                  .dpop_thumbprint = request_.dpop_thumbprint,
                  .nonce = {},
                  .with_id_token = true};
  CO_TRY(TokenAnswer answer, co_await mint_tokens(authority_, std::move(minting)));
  successor_ = {.token = crypto::make_token(authority_.random),
                .grant_id = grant.id,
                .client_id = row_.client_id,
                .scopes = row_.scopes,
                .dpop_thumbprint = row_.dpop_thumbprint,
                .ai = ai_,
                .expires_at = std::min(grant.expires_at, now_ + authority_.options.refresh_idle_lifetime)};
  answer.refresh_token = successor_.token;
  sealed_reply_ = held_.seal(write_token_answer(answer).reveal(), authority_.random);
  co_return answer;
}

// Empty text: spent by us. Else the sealed answer of who was first.
Result<Outcome<std::string>> Rotation::spend(sql::Transaction& transaction) {
  VK_TRY(auto grant, use_grant(transaction, row_.grant_id, now_));
  if (!grant) return Outcome<std::string>(bad_token());
  crypto::HeldSecret next(successor_.token, kPurpose);
  VK_CHECK(transaction.run(kSpend, {now_, next.hash(), sql::Blob{sealed_reply_}, held_.hash()}));
  if (transaction.changed() == 0) return spent_before(transaction);
  VK_CHECK(insert_refresh_token(transaction, successor_, authority_.random));
  return Outcome<std::string>(std::string());
}

Result<Outcome<std::string>> Rotation::spent_before(sql::Transaction& transaction) {
  VK_TRY(auto row, find_token(transaction, held_.hash()));
  bool graceful =
      row && row->used_at + authority_.options.refresh_grace > now_ && row->successor_used_at == 0;
  if (graceful && !row->reply.empty()) return Outcome<std::string>(std::move(row->reply));
  VK_CHECK(revoke_grant(transaction, row_.grant_id, now_));
  return Outcome<std::string>(bad_token());
}

Task<Result<Outcome<TokenAnswer>>> Rotation::replay(const std::string& reply) {
  CO_TRY(Secret body, held_.open(reply));
  TokenAnswer answer;
  answer.replayed_body = std::move(body);
  co_return answer;
}

Task<Result<Outcome<TokenAnswer>>> Rotation::run(Grant grant) {
  bool spent = row_.used_at != 0;
  TokenAnswer answer;
  if (!spent) {
    CO_OAUTH_TRY(answer, co_await prepare(grant));
  }
  auto decide = [&](sql::Transaction& transaction) -> Result<Outcome<std::string>> {
    return spent ? spent_before(transaction) : spend(transaction);
  };
  CO_OAUTH_TRY(std::string reply,
               co_await authority_.database.write_value<Outcome<std::string>>(std::ref(decide)));
  if (!reply.empty()) co_return co_await replay(reply);
  co_return answer;
}

}  // namespace

Task<Result<Outcome<TokenAnswer>>> rotate_refresh_token(const Authority& authority, TokenRequest request) {
  std::string_view sent = http::form_value(request.form, "refresh_token");
  if (sent.empty()) co_return Refusal{OauthCode::invalid_request, "refresh_token is missing.", {}};
  crypto::HeldSecret held{Secret(sent), kPurpose};
  const Millis now = authority.clock.now();
  std::optional<TokenRow> row;
  std::optional<Grant> grant;
  auto look_up = [&](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(row, find_token(transaction, held.hash()));
    if (!row) return {};
    VK_TRY(grant, find_grant(transaction, row->grant_id, now));
    return {};
  };
  CO_CHECK(co_await authority.database.read(std::ref(look_up)));
  if (!row) co_return bad_token();
  if (auto refused = mismatch(*row, request, now)) co_return std::move(*refused);
  if (!grant) co_return bad_token();
  Rotation rotation(authority, std::move(request), std::move(held), std::move(*row), now);
  co_return co_await rotation.run(std::move(*grant));
}

}  // namespace valetkey::authorization
