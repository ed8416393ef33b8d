#include "domain/sign_in/sign_in.h"

#include <algorithm>
#include <utility>

#include "domain/sign_in/code_challenge.h"
#include "domain/sign_in/sign_in_rows.h"
#include "domain/vault/lease_keeper.h"
#include "foundation/base/ids.h"
#include "foundation/base/log.h"
#include "foundation/net/single_flight.h"
#include "foundation/net/worker.h"

namespace valetkey {
namespace {

constexpr Millis kMaxLifetime = 15 * kMinute;
constexpr Millis kMinInterval = kSecond;
constexpr Millis kMaxInterval = 5 * kMinute;
constexpr Millis kSlowDownStep = 5 * kSecond;  // RFC 8628 section 3.5, when the provider names no interval
constexpr Millis kFetchWindow = 60 * kSecond;  // how long an ended sign-in can still be seen
constexpr Millis kClaim = 10 * kSecond;  // one poller's right to ask the provider; extended while it does
constexpr Millis kAbandonPoll = 60 * kSecond;  // a poll that takes longer no longer blocks a new one
constexpr Millis kPollPatience = 30 * kSecond;
constexpr size_t kMaxSessionIdSize = 64;
constexpr int kSaveAttempts = 8;  // the pause before each doubles from kSavePause: about 6 s in all
constexpr Millis kSavePause = 50;

using Kind = SignInState::Kind;

SignInState pending() {
  return SignInState{Kind::pending, "", ""};
}
SignInState failed(std::string problem) {
  return SignInState{Kind::failed, "", std::move(problem)};
}
bool may_pass_by_itself(Code code) {
  return code == Code::store || code == Code::unavailable || code == Code::timeout;
}

}  // namespace

struct SignIns::State : std::enable_shared_from_this<SignIns::State> {
  State(sql::Database& db, const Clock& c, Random& r, Vault& v, DeviceFlow& f, const jose::HmacKeyRing& k,
        std::string o)
      : database(db),
        clock(c),
        random(r),
        vault(v),
        flow(f),
        ring(k),
        originator(std::move(o)),
        flights(kAbandonPoll) {}

  sql::Database& database;
  const Clock& clock;
  Random& random;
  Vault vault;  // a handle on the same vault
  DeviceFlow& flow;
  const jose::HmacKeyRing& ring;
  const std::string originator;

  Task<Result<std::optional<SignInRow>>> read_row(std::string session_hash);
  Task<Result<bool>> claim(std::string session_hash, std::string owner);
  static Task<void> extend(std::shared_ptr<State> self, std::string session_hash, std::string owner);
  // Owns everything it needs: it goes on when the poller leaves.
  static Task<Result<SignInState>> ask_provider(std::shared_ptr<State> self, std::string session_id,
                                                SignInRow row, std::string owner);
  Task<Result<SignInState>> complete(SessionSecret secret, SignInRow row, std::string owner,
                                     ProviderTokens tokens);
  Task<Result<std::string>> store_completed(SessionSecret secret, SignInRow row, NewCredential credential);
  Task<Result<SignInState>> stay_pending(SignInRow row, std::string owner, Millis longer_interval);
  Task<Result<SignInState>> end(SignInRow row, std::string owner, SignInPhase phase, std::string problem);
  Result<SignInState> describe(const SessionSecret& secret, const std::optional<SignInRow>& row) const;

  net::SingleFlight<Result<SignInState>> flights;
};

SignIns::SignIns(sql::Database& database, const Clock& clock, Random& random, Vault& vault, DeviceFlow& flow,
                 const jose::HmacKeyRing& ring, std::string originator)
    : state_(std::make_shared<State>(database, clock, random, vault, flow, ring, std::move(originator))) {}

SignIns::~SignIns() = default;

Task<Result<StartedSignIn>> SignIns::start(SignInStart request) {
  auto state = state_;
  if (!request.code_challenge.empty() && !is_code_challenge(request.code_challenge)) {
    co_return Error{Code::invalid_argument, "code_challenge must be 43 characters of base64url (S256)",
                    "sign_in"};
  }
  DeviceStart answer = co_await state->flow.start(request.provider, state->originator);
  if (!answer.code) {
    std::string generic =
        std::string(display_name(request.provider)) + " cannot start a sign-in just now. Try again later.";
    co_return Error{Code::upstream, answer.problem.empty() ? generic : answer.problem, "sign_in"};
  }
  const DeviceCode& code = *answer.code;
  const std::string session_id = make_uuid(state->random);
  const SessionSecret secret(session_id);
  const Millis now = state->clock.now();
  const Millis lifetime = std::clamp(code.lifetime, kSecond, kMaxLifetime);

  SignInRow row;
  row.session_hash = secret.hash();
  row.provider = request.provider;
  row.app = request.app;
  row.code_challenge = request.code_challenge;
  row.device = secret.seal(SessionSecret::Purpose::device, write_device_code(code), state->random);
  row.interval = std::clamp(code.interval, kMinInterval, kMaxInterval);
  row.next_poll_at = now;
  row.created_at = now;
  row.expires_at = now + lifetime;
  row.delete_at = row.expires_at + kFetchWindow;
  sql::Database::Work store = [row](sql::Transaction& transaction) {
    return insert_sign_in(transaction, row);
  };
  CO_CHECK(co_await state->database.write(std::move(store)));
  co_return StartedSignIn{session_id, code.user_code, code.verification_url, lifetime, row.interval};
}

Task<Result<SignInState>> SignIns::poll(std::string session_id, std::string app, std::string code_verifier) {
  auto state = state_;
  if (session_id.size() > kMaxSessionIdSize) co_return SignInState{};
  const SessionSecret secret(session_id);
  CO_TRY(std::optional<SignInRow> row, co_await state->read_row(secret.hash()));
  const Millis now = state->clock.now();
  if (!row || row->app != app || row->delete_at <= now) co_return SignInState{};
  if (!row->code_challenge.empty() && !proves_code_challenge(row->code_challenge, code_verifier)) {
    co_return SignInState{Kind::verifier_required, "", ""};
  }
  CO_TRY(SignInState present, state->describe(secret, row));
  if (present.kind != Kind::pending || row->next_poll_at > now || row->claim_until > now) co_return present;

  const std::string owner = make_uuid(state->random);
  CO_TRY(bool is_ours, co_await state->claim(secret.hash(), owner));
  if (!is_ours) co_return present;
  net::SingleFlight<Result<SignInState>>::Work ask = [state, session_id, row = *row, owner] {
    return State::ask_provider(state, session_id, row, owner);
  };
  auto landed = co_await state->flights.join(secret.hash(), std::move(ask), kPollPatience);
  if (!landed) co_return present;
  co_return std::move(*landed);
}

Task<Result<int64_t>> SignIns::delete_expired() {
  auto state = state_;
  std::function<Result<int64_t>(sql::Transaction&)> work = [state](sql::Transaction& transaction) {
    return delete_old_sign_ins(transaction, state->clock.now());
  };
  co_return co_await state->database.write_value(std::move(work));
}

Task<Result<std::optional<SignInRow>>> SignIns::State::read_row(std::string session_hash) {
  std::function<Result<std::optional<SignInRow>>(sql::Transaction&)> work =
      [hash = std::move(session_hash)](sql::Transaction& transaction) {
        return find_sign_in(transaction, hash);
      };
  co_return co_await database.read_value(std::move(work));
}

Task<Result<bool>> SignIns::State::claim(std::string session_hash, std::string owner) {
  const Millis now = clock.now();
  std::function<Result<bool>(sql::Transaction&)> work =
      [hash = std::move(session_hash), owner = std::move(owner), now](sql::Transaction& transaction) {
        return claim_poll(transaction, hash, owner, now, now + kClaim);
      };
  co_return co_await database.write_value(std::move(work));
}

Task<void> SignIns::State::extend(std::shared_ptr<State> self, std::string session_hash, std::string owner) {
  sql::Database::Work work = [session_hash, owner,
                              until = self->clock.now() + kClaim](sql::Transaction& transaction) {
    return extend_claim(transaction, session_hash, owner, until);
  };
  (void)co_await self->database.write(std::move(work));
}

Task<Result<SignInState>> SignIns::State::ask_provider(std::shared_ptr<State> self, std::string session_id,
                                                       SignInRow row, std::string owner) {
  const SessionSecret secret(session_id);
  CO_TRY(Secret device, secret.open(SessionSecret::Purpose::device, row.device));
  CO_TRY(DeviceCode code, read_device_code(device));
  code.interval = row.interval;
  std::function<Task<void>()> extension = [self, hash = row.session_hash, owner] {
    return extend(self, hash, owner);
  };
  LeaseKeeper keeper(co_await asio::this_coro::executor, kClaim / 3, std::move(extension));
  DevicePoll reply = co_await self->flow.poll(row.provider, std::move(code), self->originator);
  switch (reply.kind) {
    case DevicePoll::Kind::pending:
    case DevicePoll::Kind::transient:
      co_return co_await self->stay_pending(std::move(row), std::move(owner), 0);
    case DevicePoll::Kind::slow_down: {
      const Millis longer = std::min(std::max(reply.interval, row.interval + kSlowDownStep), kMaxInterval);
      co_return co_await self->stay_pending(std::move(row), std::move(owner), longer);
    }
    case DevicePoll::Kind::approved:
      co_return co_await self->complete(secret, std::move(row), std::move(owner), std::move(reply.tokens));
    case DevicePoll::Kind::refused:
      break;
    case DevicePoll::Kind::expired:
      co_return co_await self->end(std::move(row), std::move(owner), SignInPhase::expired, "");
  }
  co_return co_await self->end(std::move(row), std::move(owner), SignInPhase::failed,
                               std::move(reply.problem));
}

Task<Result<SignInState>> SignIns::State::stay_pending(SignInRow row, std::string owner,
                                                       Millis longer_interval) {
  const Millis now = clock.now();
  sql::Database::Work work = [hash = row.session_hash, owner = std::move(owner), now,
                              longer_interval](auto& transaction) {
    return longer_interval > 0 ? lengthen_interval(transaction, hash, owner, now, longer_interval)
                               : release_claim(transaction, hash, owner);
  };
  // Failing here costs only time: the claim ends by itself.
  (void)co_await database.write(std::move(work));
  co_return pending();
}

Task<Result<SignInState>> SignIns::State::complete(SessionSecret secret, SignInRow row, std::string owner,
                                                   ProviderTokens tokens) {
  if (tokens.account_id.empty() || tokens.access.empty()) {
    std::string problem =
        std::string(display_name(row.provider)) + " did not say whose account this is. Sign in again.";
    co_return co_await end(std::move(row), std::move(owner), SignInPhase::failed, std::move(problem));
  }
  NewCredential credential{row.provider, row.app, originator, std::move(tokens)};
  Result<std::string> jwt = co_await store_completed(secret, row, credential);
  for (int attempt = 1; !jwt.ok() && may_pass_by_itself(jwt.error().code) && attempt < kSaveAttempts;
       ++attempt) {
    log::warn("sign_in_not_stored", {{"attempt", attempt}, {"detail", jwt.error().detail}});
    co_await net::sleep_for(kSavePause << (attempt - 1));
    jwt = co_await store_completed(secret, row, credential);
  }
  if (jwt.ok()) co_return SignInState{Kind::complete, std::move(*jwt), ""};
  if (jwt.error().code != Code::conflict) co_return std::move(jwt).error();
  // Over before this answer came; what it came to stands in the row.
  CO_TRY(std::optional<SignInRow> present, co_await read_row(row.session_hash));
  co_return describe(secret, present);
}

// One transaction: never a credential without its pass, nor a pass without its credential.
Task<Result<std::string>> SignIns::State::store_completed(SessionSecret secret, SignInRow row,
                                                          NewCredential credential) {
  std::function<Result<std::string>(sql::Transaction&)> work =
      [self = shared_from_this(), secret = std::move(secret), row = std::move(row),
       credential = std::move(credential)](sql::Transaction& transaction) -> Result<std::string> {
    const Millis now = self->clock.now();
    VK_TRY(CredentialKey key, self->vault.seal_new(transaction, credential));
    std::string jwt = issue_session_pass(self->ring, key, now / kSecond);
    std::string sealed = secret.seal(SessionSecret::Purpose::pass, jwt, self->random);
    VK_TRY(bool is_first, mark_complete(transaction, row.session_hash, sealed, now, now + kFetchWindow));
    if (!is_first) return Error{Code::conflict, "sign-in is already over", "sign_in"};
    return jwt;
  };
  co_return co_await database.write_value(std::move(work));
}

Task<Result<SignInState>> SignIns::State::end(SignInRow row, std::string owner, SignInPhase phase,
                                              std::string problem) {
  if (phase == SignInPhase::failed && problem.empty()) {
    problem = std::string(display_name(row.provider)) + " refused the sign-in. Start again.";
  }
  sql::Database::Work work = [hash = row.session_hash, owner = std::move(owner), phase,
                              problem](sql::Transaction& transaction) -> Result<void> {
    VK_CHECK(mark_over(transaction, hash, owner, phase, problem));
    return {};
  };
  CO_CHECK(co_await database.write(std::move(work)));
  if (phase == SignInPhase::expired) co_return SignInState{Kind::expired, "", ""};
  co_return failed(std::move(problem));
}

Result<SignInState> SignIns::State::describe(const SessionSecret& secret,
                                             const std::optional<SignInRow>& row) const {
  if (!row) return SignInState{};
  switch (row->phase) {
    case SignInPhase::pending:
      if (row->expires_at <= clock.now()) return SignInState{Kind::expired, "", ""};
      return pending();
    case SignInPhase::complete: {
      VK_TRY(Secret jwt, secret.open(SessionSecret::Purpose::pass, row->pass));
      return SignInState{Kind::complete, std::string(jwt.reveal()), ""};
    }
    case SignInPhase::failed:
      return failed(row->problem);
    case SignInPhase::expired:
      return SignInState{Kind::expired, "", ""};
  }
  return SignInState{};
}

}  // namespace valetkey
