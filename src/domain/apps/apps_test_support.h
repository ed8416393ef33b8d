// What the tests of apps share: a database with its tables, a web of documents that counts its fetches, keys.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "domain/apps/clients.h"
#include "foundation/crypto/crypto.h"
#include "foundation/jose/jose.h"
#include "foundation/net/worker.h"
#include "tests/support/sql/await.h"
#include "tests/support/sql/temporary_database.h"

namespace valetkey::apps::testing_support {

constexpr Millis kNow = 1'790'000'000'000;

inline JsonDocument json(std::string_view text) {
  auto document = JsonDocument::parse(text);
  if (!document.ok()) std::abort();
  return std::move(*document);
}

inline std::string jwks_of(const std::vector<jose::SigningKey>& keys) {
  std::string text;
  JsonWriter writer(text);
  writer.begin_object().key("keys").begin_array();
  for (const auto& key : keys) key.verifying_key().write(writer);
  writer.end_array().end_object();
  return text;
}

// Answers fetches from what was put there. Thread-safe.
class FakeWeb {
 public:
  void put(const std::string& url, std::string body, Millis fresh_for = 0) {
    std::lock_guard lock(mutex_);
    documents_[url] = {std::move(body), fresh_for};
  }
  void remove(const std::string& url) {
    std::lock_guard lock(mutex_);
    documents_.erase(url);
  }
  void take_time(Millis pause) { pause_ = pause; }
  int fetches() const { return fetches_; }

  FetchDocument fetcher() {
    return [this](std::string url, size_t max_bytes) { return fetch(std::move(url), max_bytes); };
  }

 private:
  Task<Result<FetchedDocument>> fetch(std::string url, size_t max_bytes) {
    ++fetches_;
    if (pause_ > 0) co_await net::sleep_for(pause_);
    std::lock_guard lock(mutex_);
    auto found = documents_.find(url);
    if (found == documents_.end()) co_return Error{Code::upstream, "answered 404", "test"};
    if (found->second.body.size() > max_bytes) co_return Error{Code::upstream, "too large", "test"};
    co_return found->second;
  }

  std::mutex mutex_;
  std::map<std::string, FetchedDocument> documents_;
  std::atomic<int> fetches_ = 0;
  std::atomic<Millis> pause_ = 0;
};

// Clients over a fresh database.
class Registry {
 public:
  explicit Registry(sql::Database::Kind kind, RegistrationLimits limits = {})
      : store(kind), clients(migrated(store), clock, crypto::system_random(), web.fetcher(), limits) {}

  static sql::Database& migrated(sql::TemporaryDatabase& store) {
    if (!sql::migrate(store.get(), migrations(), kNow).ok()) std::abort();
    return store.get();
  }

  ManualClock clock{kNow};
  FakeWeb web;
  sql::TemporaryDatabase store;
  Clients clients;

  Result<RegistrationResult> try_register(std::string_view metadata) {
    JsonDocument document = json(metadata);
    return await_now(clients.register_dynamic(document.root()));
  }
  // What was made; ends the test process when it was refused.
  Registration must_register(std::string_view metadata) {
    auto made = try_register(metadata);
    if (!made.ok() || !std::holds_alternative<Registration>(*made)) std::abort();
    return std::get<Registration>(std::move(*made));
  }
  // The error word; empty when it was taken.
  std::string refusal_of(std::string_view metadata) {
    auto made = try_register(metadata);
    if (!made.ok()) return "error " + made.error().detail;
    auto* problem = std::get_if<RegistrationProblem>(&*made);
    return problem == nullptr ? std::string() : problem->error;
  }
  Registration must_create(const std::string& owner, std::string_view metadata) {
    JsonDocument document = json(metadata);
    auto made = await_now(clients.create_for(owner, document.root()));
    if (!made.ok() || !std::holds_alternative<Registration>(*made)) std::abort();
    return std::get<Registration>(std::move(*made));
  }
  Result<Client> find(const std::string& id) { return await_now(clients.find(id)); }
  Code code_of_find(const std::string& id) {
    auto found = find(id);
    return found.ok() ? Code::internal : found.error().code;
  }
};

}  // namespace valetkey::apps::testing_support
