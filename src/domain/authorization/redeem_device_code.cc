// The device's side of RFC 8628: polling (section 3.4) and, once, the tokens.
#include <algorithm>

#include "domain/authorization/authorization_request.h"
#include "domain/authorization/client_rules.h"
#include "domain/authorization/device_codes.h"
#include "foundation/crypto/held_secret.h"
#include "foundation/crypto/key_agreement.h"

namespace valetkey::authorization {
namespace {

constexpr Millis kPollSlack =
    kSecond;  // so much sooner than the interval is no fault: clocks and networks jitter

constexpr sql::Statement kFind{
    "SELECT client_id, parameters, state, ai, expires_at FROM oauth_device_codes WHERE device_hash = $1"};
constexpr sql::Statement kPoll{
    "UPDATE oauth_device_codes SET next_poll_at = $1 + interval_ms"
    " WHERE device_hash = $2 AND state = 'pending' AND next_poll_at <= $3"};
constexpr sql::Statement kPollTooSoon{
    "UPDATE oauth_device_codes SET interval_ms = interval_ms + $1, next_poll_at = $2 + interval_ms + $1"
    " WHERE device_hash = $3 AND state = 'pending'"};
// Only one of any number of racing polls changes the row.
constexpr sql::Statement kUse{
    "UPDATE oauth_device_codes SET state = 'used' WHERE device_hash = $1 AND state = 'approved'"
    " RETURNING grant_id"};

struct DeviceRow {
  std::string client_id, parameters, state, ai;
  Millis expires_at = 0;
};

Refusal bad_code() {
  return {
      OauthCode::invalid_grant, "The device code is not valid: unknown, used, or given to another app.", {}};
}

std::optional<Refusal> check(const DeviceRow& row, const TokenRequest& request, Millis now) {
  if (row.client_id != request.client.client.id || row.state == "used") return bad_code();
  if (row.expires_at <= now) {
    return Refusal{OauthCode::expired_token, "The device code is over: start again.", {}};
  }
  if (row.state == "denied") return Refusal{OauthCode::access_denied, "The person said no.", {}};
  return std::nullopt;
}

Task<Result<Outcome<TokenAnswer>>> count_poll(const Authority& authority, std::string hash) {
  std::function<Result<bool>(sql::Transaction&)> count = [&](sql::Transaction& transaction) -> Result<bool> {
    Millis now = authority.clock.now();
    VK_CHECK(transaction.run(kPoll, {now, hash, now + kPollSlack}));
    if (transaction.changed() == 1) return true;
    VK_CHECK(transaction.run(kPollTooSoon, {kSlowDown, now, hash}));
    return transaction.changed() == 0;  // decided in between: the next poll finds out
  };
  CO_TRY(bool in_time, co_await authority.database.write_value<bool>(std::ref(count)));
  if (!in_time) co_return Refusal{OauthCode::slow_down, "Poll five seconds less often.", {}};
  co_return Refusal{OauthCode::authorization_pending, "The person has not decided yet.", {}};
}

Result<AiKeys> open_ai(const DeviceRow& row, const Secret& device_code, const std::string& hash) {
  if (row.ai.empty()) return AiKeys{};
  VK_TRY(Secret text, crypto::open_sealed(crypto::derive_sealing_key(device_code).private_key, row.ai, hash));
  return read_ai_keys(text);
}

}  // namespace

Task<Result<Outcome<TokenAnswer>>> redeem_device_code(const Authority& authority, TokenRequest request) {
  const apps::Client& client = request.client.client;
  if (auto refused = check_grant_type(client, kDeviceCode)) co_return std::move(*refused);
  const Secret device_code(http::form_value(request.form, "device_code"));
  if (device_code.empty()) co_return Refusal{OauthCode::invalid_request, "device_code is missing.", {}};
  const std::string hash = crypto::lookup_hash(device_code.reveal());
  const Millis now = authority.clock.now();
  std::optional<DeviceRow> row;
  auto look_up = [&](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(auto rows, transaction.run(kFind, {hash}));
    if (rows.empty()) return {};
    const sql::Row& found = rows.front();
    row = DeviceRow{found.text(0), found.text(1), found.text(2), found.blob(3), found.integer(4)};
    return {};
  };
  CO_CHECK(co_await authority.database.read(std::ref(look_up)));
  if (!row) co_return bad_code();
  if (auto refused = check(*row, request, now)) co_return std::move(*refused);
  if (row->state == "pending") co_return co_await count_poll(authority, hash);

  CO_TRY(http::Form asked, http::decode_form(row->parameters));
  CO_OAUTH_TRY(auto resource, co_await find_requested_resource(authority, client, std::move(asked)));
  if (auto refused = check_dpop(client, resource, request.dpop_thumbprint)) co_return std::move(*refused);
  CO_TRY(AiKeys ai, open_ai(*row, device_code, hash));
  const bool refreshable = client.has_grant_type("refresh_token");
  NewRefreshToken fresh;
  fresh.token = crypto::make_token(authority.random);
  fresh.client_id = client.id;
  fresh.dpop_thumbprint = client.is_public() ? request.dpop_thumbprint : std::string();
  fresh.ai = ai;
  auto redeem = [&](sql::Transaction& transaction) -> Result<Outcome<Grant>> {
    VK_TRY(auto used, transaction.run(kUse, {hash}));
    if (used.empty()) return Outcome<Grant>(bad_code());
    VK_TRY(auto grant, use_grant(transaction, used.front().text(0), now));
    if (!grant) return Outcome<Grant>(bad_code());
    if (refreshable) {
      fresh.grant_id = grant->id;
      fresh.scopes = grant->scopes;
      fresh.expires_at = std::min(grant->expires_at, now + authority.options.refresh_idle_lifetime);
      VK_CHECK(insert_refresh_token(transaction, fresh, authority.random));
    }
    return Outcome<Grant>(std::move(*grant));
  };
  CO_OAUTH_TRY(Grant grant, co_await authority.database.write_value<Outcome<Grant>>(std::ref(redeem)));
  Scopes scopes = grant.scopes;
  Minting minting{.client = client,
                  .resource = std::move(resource),
                  .grant = std::move(grant),
                  .scopes = std::move(scopes),
                  .ai = std::move(ai),
                  .dpop_thumbprint = request.dpop_thumbprint,
                  .nonce = {},
                  .with_id_token = true};
  CO_TRY(TokenAnswer answer, co_await mint_tokens(authority, std::move(minting)));
  if (refreshable) answer.refresh_token = fresh.token;
  co_return answer;
}

}  // namespace valetkey::authorization
