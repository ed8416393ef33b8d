#include "domain/authorization/revocation.h"

#include "domain/authorization/refresh_token_rows.h"

namespace valetkey::authorization {
namespace {

constexpr sql::Statement kRevokeAccessToken{
    "INSERT INTO oauth_revoked_tokens (token_id, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING"};

// False: it is no refresh token of ours.
Task<Result<bool>> end_grant_of(const Authority& authority, std::string client_id, std::string token) {
  std::optional<StoredRefreshToken> row;
  auto look_up = [&](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(row, look_up_refresh_token(transaction, token));
    return {};
  };
  CO_CHECK(co_await authority.database.read(std::ref(look_up)));
  if (!row) co_return false;
  if (row->client_id != client_id) co_return true;
  auto end = [&](sql::Transaction& transaction) -> Result<void> {
    return revoke_grant(transaction, row->grant_id, authority.clock.now());
  };
  CO_CHECK(co_await authority.database.write(std::ref(end)));
  co_return true;
}

Task<Result<void>> end_access_token(const Authority& authority, const AccessTokens& access_tokens,
                                    std::string client_id, std::string token) {
  auto read = co_await access_tokens.read(std::move(token));
  if (!read.ok()) {
    if (read.error().code == Code::unauthorized) co_return Result<void>();
    co_return std::move(read).error();
  }
  if (read->client_id != client_id) co_return Result<void>();
  auto end = [&](sql::Transaction& transaction) -> Result<void> {
    VK_CHECK(transaction.run(kRevokeAccessToken, {read->id, read->expires_at * kSecond}));
    return {};
  };
  CO_CHECK(co_await authority.database.write(std::ref(end)));
  co_return Result<void>();
}

}  // namespace

Task<Result<Outcome<Unit>>> revoke_token(const Authority& authority, const AccessTokens& access_tokens,
                                         apps::AuthenticatedClient client, http::Form form) {
  std::string token(http::form_value(form, "token"));
  if (token.empty()) co_return Refusal{OauthCode::invalid_request, "token is missing.", {}};
  CO_TRY(bool was_refresh_token, co_await end_grant_of(authority, client.client.id, token));
  if (!was_refresh_token) {
    CO_CHECK(co_await end_access_token(authority, access_tokens, client.client.id, std::move(token)));
  }
  co_return Unit{};
}

}  // namespace valetkey::authorization
