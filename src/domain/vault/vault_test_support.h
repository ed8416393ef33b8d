// What the tests of the vault and of sign-in share: workers on threads, a provider that rotates its refresh
// tokens, a database that fails on command.
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "domain/vault/vault.h"
#include "foundation/crypto/crypto.h"
#include "foundation/net/worker.h"

namespace valetkey::testing_support {

// Workers on threads of their own. The destructor waits until every task, detached ones too, has ended.
class Workers {
 public:
  explicit Workers(unsigned count = 2) {
    for (unsigned i = 0; i < count; ++i) workers_.push_back(std::make_unique<net::Worker>(i));
    for (auto& worker : workers_) threads_.emplace_back([&worker] { worker->run(); });
  }
  ~Workers() {
    drain();
    for (auto& worker : workers_) worker->stop();
    for (auto& thread : threads_) thread.join();
  }
  net::Worker& at(size_t index) { return *workers_[index % workers_.size()]; }

  void drain() {
    for (auto& worker : workers_) {
      while (worker->running() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  // `make` is called on the worker.
  template <class T>
  std::future<T> start(size_t index, std::function<Task<T>()> make) {
    auto promise = std::make_shared<std::promise<T>>();
    auto future = promise->get_future();
    net::Worker& worker = at(index);
    worker.post([&worker, make = std::move(make), promise] { worker.spawn(keep<T>(make, promise)); });
    return future;
  }
  template <class T>
  T run(std::function<Task<T>()> make) {
    return start<T>(0, std::move(make)).get();
  }
  // The same on all workers in turn, at once.
  template <class T>
  std::vector<T> run_many(size_t count, std::function<Task<T>()> make) {
    std::vector<std::future<T>> futures;
    for (size_t i = 0; i < count; ++i) futures.push_back(start<T>(i, make));
    std::vector<T> results;
    for (auto& future : futures) results.push_back(future.get());
    return results;
  }

 private:
  template <class T>
  static Task<void> keep(std::function<Task<T>()> make, std::shared_ptr<std::promise<T>> promise) {
    promise->set_value(co_await make());
  }
  std::vector<std::unique_ptr<net::Worker>> workers_;
  std::vector<std::thread> threads_;
};

// Rotates its refresh token at every use and refuses a spent one, as the strictest provider does.
class RotatingProvider final : public TokenRefresher {
 public:
  explicit RotatingProvider(const Clock& clock) : clock_(clock) {}

  ProviderTokens first_tokens(Millis lifetime) { return tokens_of(0, clock_.now() + lifetime); }
  // Instead of the rotation, when it is set. Called with how many calls there were, this one included.
  void answer_with(std::function<RefreshReply(int call)> script) {
    std::lock_guard lock(mutex_);
    script_ = std::move(script);
  }
  void take_time(Millis pause) { pause_ = pause; }
  // Keeps every call waiting for its answer until it is let go.
  void hold() { is_held_ = true; }
  void let_go() { is_held_ = false; }
  void account_becomes(std::string account) { account_ = std::move(account); }
  int calls() const { return calls_; }
  int refusals() const { return refusals_; }
  bool was_concurrent() const { return was_concurrent_; }

  bool can_refresh(ProviderId provider) const override { return provider != ProviderId::github; }
  Task<RefreshReply> refresh(ProviderId, ProviderTokens tokens, std::string) override {
    const int call = ++calls_;
    if (++running_ > 1) was_concurrent_ = true;
    if (pause_ > 0) co_await net::sleep_for(pause_);
    while (is_held_) co_await net::sleep_for(2);
    RefreshReply reply = answer(call, tokens);
    --running_;
    co_return reply;
  }

 private:
  ProviderTokens tokens_of(int generation, Millis expires) {
    ProviderTokens tokens;
    tokens.access = Secret("access-" + std::to_string(generation));
    tokens.refresh = Secret("refresh-" + std::to_string(generation));
    tokens.expires = expires;
    tokens.account_id = account_;
    return tokens;
  }
  RefreshReply answer(int call, const ProviderTokens& tokens) {
    std::lock_guard lock(mutex_);
    if (script_) return script_(call);
    if (tokens.refresh.reveal() != "refresh-" + std::to_string(generation_)) {
      ++refusals_;
      return RefreshReply{RefreshReply::Kind::reused, {}, "already used"};
    }
    ++generation_;
    return RefreshReply{RefreshReply::Kind::renewed, tokens_of(generation_, clock_.now() + kHour), ""};
  }

  const Clock& clock_;
  std::mutex mutex_;
  std::function<RefreshReply(int)> script_;
  std::string account_ = "acct";
  Millis pause_ = 0;
  int generation_ = 0;
  std::atomic<int> calls_ = 0, refusals_ = 0, running_ = 0;
  std::atomic<bool> was_concurrent_ = false, is_held_ = false;
};

// Passes everything on, except the writes it was told to fail.
class FragileDatabase final : public sql::Database {
 public:
  explicit FragileDatabase(sql::Database& real) : real_(real) {}
  // After `successes` more writes, the next `failures` fail.
  void fail_writes(int successes, int failures) {
    successes_left_ = successes;
    failures_left_ = failures;
  }

  Kind kind() const override { return real_.kind(); }
  Task<Result<void>> read(Work work) override { co_return co_await real_.read(std::move(work)); }
  Task<Result<void>> write(Work work) override {
    if (successes_left_ > 0) {
      --successes_left_;
    } else if (failures_left_ > 0) {
      --failures_left_;
      co_return Error{Code::store, "disk full", "test"};
    }
    co_return co_await real_.write(std::move(work));
  }
  Result<void> write_now(Work work) override { return real_.write_now(std::move(work)); }
  Task<Result<void>> ping() override { co_return co_await real_.ping(); }

 private:
  sql::Database& real_;
  std::atomic<int> successes_left_ = 0, failures_left_ = 0;
};

inline Secret repeated(char byte) {
  return Secret(std::string(32, byte));
}

inline VaultOptions vault_options() {
  VaultOptions options;
  options.identity_secrets = {repeated(0x09)};
  return options;
}

constexpr Millis kNow = 1'780'000'000'000;

inline void migrate_or_die(sql::Database& database) {
  auto applied = sql::migrate(database, migrations(), kNow);
  if (!applied.ok()) std::abort();
}

inline Result<CredentialKey> seal(sql::Database& database, Vault& vault, const NewCredential& credential) {
  Result<CredentialKey> key = Error{};
  auto stored = database.write_now([&](sql::Transaction& transaction) -> Result<void> {
    key = vault.seal_new(transaction, credential);
    VK_CHECK(key);
    return {};
  });
  if (!stored.ok()) return stored.error();
  return key;
}

}  // namespace valetkey::testing_support
