#include "domain/vault/vault.h"

#include <algorithm>
#include <utility>

#include "domain/vault/credential_rows.h"
#include "domain/vault/identity.h"
#include "domain/vault/renewal.h"
#include "domain/vault/sealed_record.h"
#include "foundation/net/turn.h"

namespace valetkey {
namespace {

// A flight that was under way for an older version may land on the very version that was refused; then once
// more.
constexpr int kRenewAttempts = 3;

Error dead() {
  return Error{Code::unauthorized, "credential is dead, sign in again", "vault"};
}
Error not_now() {
  return Error{Code::unavailable, "the provider cannot refresh just now", "vault"};
}

}  // namespace

struct Vault::State {
  State(sql::Database& db, const Clock& c, Random& r, TokenRefresher& refresh_with, VaultOptions o)
      : database(db),
        clock(c),
        random(r),
        refresher(refresh_with),
        options(std::move(o)),
        renewals(db, c, r, refresh_with, options) {}

  sql::Database& database;
  const Clock& clock;
  Random& random;
  TokenRefresher& refresher;
  const VaultOptions options;
  Renewals renewals;
  RemoteRenewals* remote = nullptr;

  bool can_renew(const OpenCredential& opened) const {
    return !opened.tokens.refresh.empty() && refresher.can_refresh(opened.provider);
  }
  bool is_usable(const OpenCredential& opened) const { return opened.tokens.expires > clock.now(); }
  bool is_fresh(const OpenCredential& opened) const {
    return opened.tokens.expires - clock.now() > options.refresh_before;
  }
};

Vault::Vault(sql::Database& database, const Clock& clock, Random& random, TokenRefresher& refresher,
             VaultOptions options)
    : state_(std::make_shared<State>(database, clock, random, refresher, std::move(options))) {}

Vault::~Vault() = default;

Result<CredentialKey> Vault::seal_new(sql::Transaction& transaction, const NewCredential& credential) {
  const ProviderTokens& tokens = credential.tokens;
  if (tokens.account_id.empty() || tokens.access.empty()) {
    return Error{Code::invalid_argument, "a credential needs an account and an access token", "vault"};
  }
  const Millis now = state_->clock.now();
  VK_TRY(UserId user,
         resolve_user(transaction, state_->options.identity_secrets, credential.provider, tokens.account_id));

  CredentialKey key;
  key.id = CredentialId(make_ulid(now, state_->random));
  key.key = Secret(state_->random.bytes(kRecordKeySize));
  key.provider = credential.provider;
  key.app = credential.app;

  CredentialRow row;
  row.id = key.id;
  row.sealed = seal_record(key, RecordContents{tokens, credential.originator, user}, state_->random);
  row.user = user;
  row.provider = to_string(credential.provider);
  row.app = credential.app;
  row.expires_at = now + state_->options.record_lifetime;
  VK_TRY(bool is_stored, insert_credential(transaction, row, now, now));
  if (!is_stored) return Error{Code::conflict, "credential id taken", "vault"};
  return key;
}

Task<Result<OpenCredential>> Vault::open(const CredentialKey& key) {
  return open_row_of(key, Purpose::look);
}

Task<Result<OpenCredential>> Vault::open_for_use(const CredentialKey& key) {
  return open_row_of(key, Purpose::use);
}

Task<Result<OpenCredential>> Vault::open_row_of(const CredentialKey& key, Purpose purpose) {
  auto state = state_;
  std::optional<CredentialRow> row;
  CO_CHECK(co_await state->database.read([&](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(row, find_credential(transaction, key.id));
    return {};
  }));
  if (net::in_company(net::Step::open)) co_await net::keep_step(net::Step::open);
  auto opened = open_row(std::move(row), key, state->clock.now());
  if (!opened.ok() || purpose == Purpose::look || state->is_fresh(*opened)) co_return opened;
  co_return co_await renew_for_use(key, *opened);
}

void Vault::renew_through(RemoteRenewals& remote) {
  state_->remote = &remote;
}

Task<Result<void>> Vault::renew(CredentialKey key, int64_t spent_version) {
  auto state = state_;
  CO_TRY(Renewal renewal, co_await state->renewals.renew(std::move(key), spent_version));
  switch (renewal.kind) {
    case Renewal::Kind::renewed:
      co_return Result<void>();
    case Renewal::Kind::dead:
      co_return dead();
    case Renewal::Kind::unavailable:
      break;
  }
  co_return not_now();
}

Task<Result<Renewal>> Vault::renew_wherever(const CredentialKey& key, int64_t spent_version) {
  auto state = state_;
  if (state->remote == nullptr) co_return co_await state->renewals.renew(key, spent_version);
  auto renewed = co_await state->remote->renew(key, spent_version);
  if (renewed.ok()) {
    CO_TRY(OpenCredential opened, co_await open(key));
    co_return Renewal{Renewal::Kind::renewed, std::move(opened)};
  }
  if (renewed.error().code == Code::unauthorized) co_return Renewal{Renewal::Kind::dead, {}};
  if (renewed.error().code == Code::unavailable) co_return Renewal{Renewal::Kind::unavailable, {}};
  if (renewed.error().code != Code::disconnected) co_return std::move(renewed).error();
  co_return co_await state->renewals.renew(key, spent_version);
}

Task<Result<OpenCredential>> Vault::renew_for_use(const CredentialKey& key, OpenCredential& opened) {
  auto state = state_;
  if (!state->can_renew(opened)) {
    if (!state->is_usable(opened)) co_return dead();
    co_return std::move(opened);
  }
  CO_TRY(Renewal renewal, co_await renew_wherever(key, opened.version));
  switch (renewal.kind) {
    case Renewal::Kind::renewed:
      if (!state->is_usable(renewal.credential)) co_return not_now();
      co_return std::move(renewal.credential);
    case Renewal::Kind::dead:
      co_return dead();
    case Renewal::Kind::unavailable:
      break;
  }
  if (!state->is_usable(opened)) co_return not_now();
  co_return std::move(opened);
}

Task<Result<OpenCredential>> Vault::renew_rejected(CredentialKey key, int64_t rejected_version) {
  auto state = state_;
  for (int attempt = 0; attempt < kRenewAttempts; ++attempt) {
    CO_TRY(OpenCredential opened, co_await open(key));
    if (opened.version > rejected_version && state->is_usable(opened)) co_return opened;
    if (!state->can_renew(opened)) co_return dead();
    CO_TRY(Renewal renewal, co_await renew_wherever(key, std::max(opened.version, rejected_version)));
    if (renewal.kind == Renewal::Kind::dead) co_return dead();
    if (renewal.kind == Renewal::Kind::unavailable) co_return not_now();
    if (renewal.credential.version > rejected_version) {
      if (!state->is_usable(renewal.credential)) co_return not_now();
      co_return std::move(renewal.credential);
    }
  }
  co_return not_now();
}

Task<Result<void>> Vault::end(CredentialKey key) {
  auto state = state_;
  sql::Database::Work work = [state, key = std::move(key)](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(std::optional<CredentialRow> row, find_credential(transaction, key.id));
    VK_CHECK(open_row(std::move(row), key, state->clock.now()));
    VK_TRY(bool was_there, delete_credential(transaction, key.id));
    if (!was_there) return Error{Code::unauthorized, "no such credential", "vault"};
    return {};
  };
  co_return co_await state->database.write(std::move(work));
}

Task<Result<int64_t>> Vault::end_all(UserId user) {
  std::function<Result<int64_t>(sql::Transaction&)> work =
      [user = std::move(user)](sql::Transaction& transaction) {
        return delete_credentials_of(transaction, user);
      };
  co_return co_await state_->database.write_value(std::move(work));
}

Task<Result<int64_t>> Vault::delete_expired() {
  auto state = state_;
  state->renewals.drop_old_unsaved();
  std::function<Result<int64_t>(sql::Transaction&)> work = [state](sql::Transaction& transaction) {
    return delete_expired_credentials(transaction, state->clock.now());
  };
  co_return co_await state->database.write_value(std::move(work));
}

}  // namespace valetkey
