#include "domain/vault/renewal.h"

#include <map>
#include <mutex>
#include <utility>

#include "domain/vault/identity.h"
#include "domain/vault/lease_keeper.h"
#include "domain/vault/sealed_record.h"
#include "foundation/base/log.h"
#include "foundation/net/single_flight.h"
#include "foundation/net/worker.h"

namespace valetkey {
namespace {

constexpr Millis kLeasePoll = 50;     // how often the loser of a lease looks at the row
constexpr Millis kRetryPause = 300;   // after a transient failure nobody asks the provider again for so long
constexpr int kReusedLooks = 4;       // how often a spent refresh token makes us look for its successor
constexpr Millis kReusedPause = 100;  // between two looks
constexpr int kSaveAttempts = 8;      // the pause before each doubles from kSavePause: about 6 s in all
constexpr Millis kSavePause = 50;
constexpr Millis kUnsavedLifetime = kHour;
constexpr Millis kFlightSlack =
    10 * kSecond;  // a flight that much over its deadline no longer blocks a new one

// A pair that the provider has issued and the store has not taken yet. Sealed: memory holds no more than the
// store.
struct UnsavedPair {
  int64_t replaces_version = 0;
  std::string sealed;
  Millis since = 0;
};

void carry_over(ProviderTokens& renewed, const ProviderTokens& old) {
  if (renewed.access.empty()) {
    renewed.access = old.access;
    renewed.expires = old.expires;
  }
  if (renewed.refresh.empty()) renewed.refresh = old.refresh;
  if (renewed.account_id.empty()) renewed.account_id = old.account_id;
}

}  // namespace

struct Renewals::State : std::enable_shared_from_this<Renewals::State> {
  State(sql::Database& db, const Clock& c, Random& r, TokenRefresher& refresh_with, const VaultOptions& o)
      : database(db),
        clock(c),
        random(r),
        refresher(refresh_with),
        options(o),
        flights(o.refresh_deadline + kFlightSlack) {}

  sql::Database& database;
  const Clock& clock;
  Random& random;
  TokenRefresher& refresher;
  const VaultOptions options;

  std::mutex unsaved_mutex;
  std::map<std::string, UnsavedPair> unsaved;  // by credential id

  // What one turn of the loop decided; without a result, look at the row again.
  using Turn = Result<std::optional<Renewal>>;

  static Task<Result<Renewal>> run(std::shared_ptr<State> self, CredentialKey key, int64_t spent_version);
  Task<Result<std::optional<CredentialRow>>> read_row(CredentialId id);
  Task<Turn> look(CredentialKey key, int64_t* spent_version);
  Task<Turn> refresh_row(CredentialKey key, CredentialRow row, OpenCredential opened);
  std::function<Task<void>()> lease_extension(CredentialId id, std::string owner);
  static Task<void> extend(std::shared_ptr<State> self, CredentialId id, std::string owner);
  Task<Turn> accept(CredentialKey key, CredentialRow row, OpenCredential opened, ProviderTokens tokens);
  Task<Turn> save(CredentialKey key, CredentialRow row, std::string sealed);
  Task<Result<bool>> save_once(CredentialKey key, CredentialRow row, std::string sealed);
  Task<Turn> find_successor(CredentialKey key, CredentialRow row);
  Task<Turn> give_up(CredentialRow row, std::string detail);
  std::optional<std::string> unsaved_of(const CredentialRow& row);
  void keep_unsaved(const CredentialRow& row, const std::string& sealed);
  bool is_fresh(const OpenCredential& opened) const {
    return opened.tokens.expires - clock.now() > options.refresh_before;
  }

  net::SingleFlight<Result<Renewal>> flights;
};

Result<OpenCredential> open_row(std::optional<CredentialRow> row, const CredentialKey& key, Millis now) {
  if (!row) return Error{Code::unauthorized, "no such credential", "vault"};
  if (row->expires_at <= now) return Error{Code::unauthorized, "credential expired", "vault"};
  if (row->app != key.app) return Error{Code::unauthorized, "credential of another app", "vault"};
  if (!row->provider.empty() && row->provider != to_string(key.provider)) {
    return Error{Code::unauthorized, "credential of another provider", "vault"};
  }
  VK_TRY(RecordContents contents, open_record(key, std::move(row->sealed)));
  if (!contents.user.empty() && contents.user != row->user) {
    return Error{Code::unauthorized, "credential of another user", "vault"};
  }
  OpenCredential opened;
  opened.id = std::move(row->id);
  opened.provider = key.provider;
  opened.user = std::move(row->user);
  opened.app = std::move(row->app);
  opened.originator = std::move(contents.originator);
  opened.tokens = std::move(contents.tokens);
  opened.version = row->version;
  return opened;
}

Task<Result<std::optional<CredentialRow>>> Renewals::State::read_row(CredentialId id) {
  std::function<Result<std::optional<CredentialRow>>(sql::Transaction&)> work =
      [id = std::move(id)](sql::Transaction& transaction) { return find_credential(transaction, id); };
  co_return co_await database.read_value<std::optional<CredentialRow>>(std::move(work));
}

Task<Result<Renewal>> Renewals::State::run(std::shared_ptr<State> self, CredentialKey key,
                                           int64_t spent_version) {
  const Millis give_up_at = steady_millis() + self->options.refresh_deadline;
  while (steady_millis() < give_up_at) {
    CO_TRY(std::optional<Renewal> decided, co_await self->look(key, &spent_version));
    if (decided) co_return std::move(*decided);
    co_await net::sleep_for(kLeasePoll);
  }
  co_return Renewal{};
}

// One look at the row: somebody may have renewed it, be about to, or have found it dead.
Task<Renewals::State::Turn> Renewals::State::look(CredentialKey key, int64_t* spent_version) {
  CO_TRY(std::optional<CredentialRow> row, co_await read_row(key.id));
  const Millis now = clock.now();
  CO_TRY(OpenCredential opened, open_row(row, key, now));
  if (row->version > *spent_version) {
    if (is_fresh(opened)) co_return Renewal{Renewal::Kind::renewed, std::move(opened)};
    *spent_version = row->version;
  }
  if (auto sealed = unsaved_of(*row)) co_return co_await save(key, *row, std::move(*sealed));
  if (row->dead_version == row->version || opened.tokens.refresh.empty()) {
    co_return Renewal{Renewal::Kind::dead, std::move(opened)};
  }
  if (row->retry_at > now) co_return Renewal{Renewal::Kind::unavailable, std::move(opened)};
  if (row->lease_until > now) co_return std::optional<Renewal>();
  co_return co_await refresh_row(std::move(key), std::move(*row), std::move(opened));
}

Task<Renewals::State::Turn> Renewals::State::refresh_row(CredentialKey key, CredentialRow row,
                                                         OpenCredential opened) {
  const std::string owner = make_uuid(random);
  const Millis now = clock.now();
  std::function<Result<bool>(sql::Transaction&)> lease = [row, owner, now,
                                                          until = now + options.lease](auto& transaction) {
    return take_lease(transaction, row, owner, now, until);
  };
  CO_TRY(bool is_ours, co_await database.write_value<bool>(std::move(lease)));
  if (!is_ours) co_return std::optional<Renewal>();
  LeaseKeeper keeper(co_await asio::this_coro::executor, options.lease / 3, lease_extension(row.id, owner));

  RefreshReply reply = co_await refresher.refresh(opened.provider, opened.tokens, opened.originator);
  switch (reply.kind) {
    case RefreshReply::Kind::renewed:
      co_return co_await accept(std::move(key), std::move(row), std::move(opened), std::move(reply.tokens));
    case RefreshReply::Kind::reused:
      co_return co_await find_successor(std::move(key), std::move(row));
    case RefreshReply::Kind::permanent:
      co_return co_await give_up(std::move(row), std::move(reply.detail));
    case RefreshReply::Kind::transient:
      break;
  }
  log::warn(
      "refresh_failed",
      {{"provider", to_string(opened.provider)}, {"credential", row.id.value}, {"detail", reply.detail}});
  sql::Database::Work give_back = [row, owner,
                                   retry_at = clock.now() + kRetryPause](sql::Transaction& transaction) {
    return give_lease_back(transaction, row, owner, retry_at);
  };
  // Failing here costs only time: the lease ends by itself.
  (void)co_await database.write(std::move(give_back));
  co_return Renewal{};
}

std::function<Task<void>()> Renewals::State::lease_extension(CredentialId id, std::string owner) {
  return [self = shared_from_this(), id = std::move(id), owner = std::move(owner)] {
    return extend(self, id, owner);
  };
}

Task<void> Renewals::State::extend(std::shared_ptr<State> self, CredentialId id, std::string owner) {
  sql::Database::Work work =
      [id, owner, until = self->clock.now() + self->options.lease](sql::Transaction& transaction) {
        return extend_lease(transaction, id, owner, until);
      };
  // A failure here lets the lease end: at worst another process asks too and finds the refresh token spent.
  (void)co_await self->database.write(std::move(work));
}

Task<Renewals::State::Turn> Renewals::State::accept(CredentialKey key, CredentialRow row,
                                                    OpenCredential opened, ProviderTokens tokens) {
  carry_over(tokens, opened.tokens);
  if (tokens.account_id != opened.tokens.account_id) {
    co_return co_await give_up(std::move(row), "refresh answered for another account");
  }
  RecordContents contents{std::move(tokens), opened.originator, opened.user};
  std::string sealed = seal_record(key, contents, random);
  co_return co_await save(std::move(key), std::move(row), std::move(sealed));
}

// The old refresh token is spent: this pair is the only one left, so a failing store is asked again and
// again.
Task<Renewals::State::Turn> Renewals::State::save(CredentialKey key, CredentialRow row, std::string sealed) {
  Result<bool> saved = co_await save_once(key, row, sealed);
  for (int attempt = 1; !saved.ok() && attempt < kSaveAttempts; ++attempt) {
    log::warn("refreshed_pair_not_stored",
              {{"credential", row.id.value}, {"attempt", attempt}, {"detail", saved.error().detail}});
    co_await net::sleep_for(kSavePause << (attempt - 1));
    saved = co_await save_once(key, row, sealed);
  }
  if (!saved.ok()) {
    keep_unsaved(row, sealed);
    co_return Error{Code::store, "refreshed pair not stored: " + saved.error().detail, "vault"};
  }
  {
    std::lock_guard lock(unsaved_mutex);
    unsaved.erase(row.id.value);
  }
  // Not our write: another process was faster, or the person has signed out. The row knows.
  if (!*saved) co_return std::optional<Renewal>();
  row.sealed = std::move(sealed);
  row.version += 1;
  row.provider = to_string(key.provider);
  row.expires_at = clock.now() + options.record_lifetime;
  CO_TRY(OpenCredential opened, open_row(row, key, clock.now()));
  co_return Renewal{Renewal::Kind::renewed, std::move(opened)};
}

Task<Result<bool>> Renewals::State::save_once(CredentialKey key, CredentialRow row, std::string sealed) {
  CO_TRY(RecordContents contents, open_record(key, sealed));
  const Millis now = clock.now();
  std::function<Result<bool>(sql::Transaction&)> work =
      [self = shared_from_this(), row = std::move(row), sealed = std::move(sealed), provider = key.provider,
       account = contents.tokens.account_id, now](sql::Transaction& transaction) -> Result<bool> {
    VK_TRY(bool is_stored,
           store_renewed(transaction, row, sealed, provider, now, now + self->options.record_lifetime));
    if (is_stored)
      VK_CHECK(remember_user(transaction, self->options.identity_secrets, provider, account, row.user));
    return is_stored;
  };
  co_return co_await database.write_value<bool>(std::move(work));
}

// Our refresh token was spent before: if its successor is in the row, or comes within a moment, all is well.
Task<Renewals::State::Turn> Renewals::State::find_successor(CredentialKey key, CredentialRow row) {
  for (int look_again = 0; look_again < kReusedLooks; ++look_again) {
    if (look_again > 0) co_await net::sleep_for(kReusedPause);
    CO_TRY(std::optional<CredentialRow> present, co_await read_row(key.id));
    if (!present || present->version != row.version) co_return std::optional<Renewal>();
  }
  co_return co_await give_up(std::move(row), "refresh token was already used");
}

Task<Renewals::State::Turn> Renewals::State::give_up(CredentialRow row, std::string detail) {
  log::warn("refresh_refused", {{"credential", row.id.value}, {"detail", detail}});
  sql::Database::Work work = [row](sql::Transaction& transaction) { return mark_dead(transaction, row); };
  CO_CHECK(co_await database.write(std::move(work)));
  co_return Renewal{Renewal::Kind::dead, OpenCredential{}};
}

std::optional<std::string> Renewals::State::unsaved_of(const CredentialRow& row) {
  std::lock_guard lock(unsaved_mutex);
  auto found = unsaved.find(row.id.value);
  if (found == unsaved.end()) return std::nullopt;
  if (found->second.replaces_version == row.version) return found->second.sealed;
  unsaved.erase(found);
  return std::nullopt;
}

void Renewals::State::keep_unsaved(const CredentialRow& row, const std::string& sealed) {
  std::lock_guard lock(unsaved_mutex);
  unsaved[row.id.value] = UnsavedPair{row.version, sealed, clock.now()};
}

Renewals::Renewals(sql::Database& database, const Clock& clock, Random& random, TokenRefresher& refresher,
                   const VaultOptions& options)
    : state_(std::make_shared<State>(database, clock, random, refresher, options)) {}

Renewals::~Renewals() = default;

Task<Result<Renewal>> Renewals::renew(CredentialKey key, int64_t spent_version) {
  auto state = state_;
  std::string flight_key = key.id.value;
  net::SingleFlight<Result<Renewal>>::Work work = [state, key = std::move(key), spent_version] {
    return State::run(state, key, spent_version);
  };
  auto landed =
      co_await state->flights.join(std::move(flight_key), std::move(work), state->options.refresh_deadline);
  if (!landed) co_return Renewal{};
  co_return std::move(*landed);
}

void Renewals::drop_old_unsaved() {
  std::lock_guard lock(state_->unsaved_mutex);
  std::erase_if(state_->unsaved, [oldest = state_->clock.now() - kUnsavedLifetime](const auto& entry) {
    return entry.second.since < oldest;
  });
}

}  // namespace valetkey
