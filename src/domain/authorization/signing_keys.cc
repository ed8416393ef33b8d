#include "domain/authorization/signing_keys.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "domain/authorization/signing_key_rows.h"
#include "foundation/base/ids.h"
#include "foundation/base/log.h"
#include "foundation/crypto/crypto.h"
#include "foundation/jose/jose.h"
#include "foundation/net/blocking_pool.h"

namespace valetkey::authorization {
namespace {

using jose::Algorithm;

constexpr std::array kAlgorithms = {Algorithm::ES256, Algorithm::RS256, Algorithm::EdDSA};
constexpr size_t kMaxSeedFile = 64 * 1024;

std::string write_jwks(const std::vector<jose::VerifyingKey>& keys) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("keys").begin_array();
  for (const jose::VerifyingKey& key : keys) key.write(json);
  json.end_array().end_object();
  return out;
}

}  // namespace

const jose::SigningKey& KeySet::signing_key(Algorithm algorithm) const {
  for (const jose::SigningKey& key : signing) {
    if (key.algorithm() == algorithm) return key;
  }
  log::error("no_signing_key", {{"algorithm", jose::to_string(algorithm)}});
  std::abort();
}

const jose::VerifyingKey* KeySet::find(std::string_view key_id) const {
  for (const jose::VerifyingKey& key : verifying) {
    if (key.key_id() == key_id) return &key;
  }
  return nullptr;
}

struct SigningKeys::State {
  sql::Database& database;
  const Clock& clock;
  Random& random;
  const SigningKeyOptions options;

  mutable std::mutex mutex;  // over both below
  std::shared_ptr<const KeySet> set;
  std::unordered_map<std::string, jose::SigningKey> opened;  // by key id, so that each is unsealed once

  // Takes up to a fifth of a second for RSA: off the workers.
  SigningKeyRow make(Algorithm algorithm, int64_t turn, Millis signs_from);
  // What is to be made now: nothing, or the next of each algorithm whose last key has had nearly all its
  // time.
  std::vector<Algorithm> due(const SigningKeyRows& rows, Millis now) const;
  SigningKeyRow make_next(const SigningKeyRows& rows, Algorithm algorithm, Millis now);
  SigningKeyRows over(const SigningKeyRows& rows, Millis now) const;

  Result<void> open(const SigningKeyRows& rows);
  Result<void> use(const SigningKeyRows& rows);
  Result<SigningKeyRows> list_now();
  Result<void> reseal_old(const SigningKeyRows& rows);
};

SigningKeyRow SigningKeys::State::make(Algorithm algorithm, int64_t turn, Millis signs_from) {
  const auto key = jose::SigningKey::generate(algorithm, make_ulid(clock.now(), random));
  return {key.key_id(), algorithm, turn, seal_signing_key(options.seal_secrets.front(), key, random),
          signs_from};
}

std::vector<Algorithm> SigningKeys::State::due(const SigningKeyRows& rows, Millis now) const {
  std::vector<Algorithm> found;
  for (const Algorithm algorithm : kAlgorithms) {
    const SigningKeyRow* last = last_row(rows, algorithm);
    if (last == nullptr || last->signs_from + options.sign_for - options.publish_before <= now) {
      found.push_back(algorithm);
    }
  }
  return found;
}

// A first key signs at once, for there is none that verifiers could still hold.
SigningKeyRow SigningKeys::State::make_next(const SigningKeyRows& rows, Algorithm algorithm, Millis now) {
  const SigningKeyRow* last = last_row(rows, algorithm);
  if (last == nullptr) return make(algorithm, 1, now);
  const Millis signs_from = std::max(last->signs_from + options.sign_for, now + options.publish_before);
  return make(algorithm, last->turn + 1, signs_from);
}

SigningKeyRows SigningKeys::State::over(const SigningKeyRows& rows, Millis now) const {
  SigningKeyRows found;
  for (const SigningKeyRow& row : rows) {
    if (is_over(rows, row, options.keep_after, now)) found.push_back(row);
  }
  return found;
}

// Under the mutex.
Result<void> SigningKeys::State::open(const SigningKeyRows& rows) {
  for (const SigningKeyRow& row : rows) {
    if (opened.contains(row.key_id)) continue;
    VK_TRY(auto key, open_signing_key(options.seal_secrets, row));
    opened.emplace(row.key_id, std::move(key.key));
  }
  std::erase_if(opened, [&](const auto& known) {
    return std::none_of(rows.begin(), rows.end(), [&](const auto& row) { return row.key_id == known.first; });
  });
  return {};
}

Result<void> SigningKeys::State::use(const SigningKeyRows& rows) {
  std::lock_guard lock(mutex);
  VK_CHECK(open(rows));
  auto fresh = std::make_shared<KeySet>();
  for (const Algorithm algorithm : kAlgorithms) {
    const SigningKeyRow* row = signing_row(rows, algorithm, clock.now());
    if (row == nullptr) return Error{Code::store, "an algorithm has no signing key", "signing_keys"};
    fresh->signing.push_back(opened.at(row->key_id));
  }
  for (const SigningKeyRow& row : rows) fresh->verifying.push_back(opened.at(row.key_id).verifying_key());
  fresh->jwks = write_jwks(fresh->verifying);
  fresh->etag = "\"" + jose::base64url_encode(crypto::sha256(fresh->jwks)).substr(0, 22) + "\"";
  set = std::move(fresh);
  return {};
}

Result<SigningKeyRows> SigningKeys::State::list_now() {
  SigningKeyRows rows;
  VK_CHECK(database.write_now([&](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(rows, list_signing_keys(transaction));
    return {};
  }));
  return rows;
}

// So that an old secret can be taken out of the configuration after one start with the new one before it.
Result<void> SigningKeys::State::reseal_old(const SigningKeyRows& rows) {
  std::vector<std::pair<const SigningKeyRow*, std::string>> changes;
  for (const SigningKeyRow& row : rows) {
    VK_TRY(const auto key, open_signing_key(options.seal_secrets, row));
    if (!key.by_first_secret) {
      changes.emplace_back(&row, seal_signing_key(options.seal_secrets.front(), key.key, random));
    }
  }
  if (changes.empty()) return {};
  return database.write_now([&](sql::Transaction& transaction) -> Result<void> {
    for (const auto& [row, sealed] : changes) VK_CHECK(reseal_signing_key(transaction, *row, sealed));
    return {};
  });
}

SigningKeys::SigningKeys(sql::Database& database, const Clock& clock, Random& random,
                         SigningKeyOptions options)
    : state_(new State{database, clock, random, std::move(options), {}, nullptr, {}}) {}

Result<void> SigningKeys::start() {
  State& state = *state_;
  if (state.options.seal_secrets.empty()) {
    return Error{Code::invalid_argument, "no secret to encrypt signing keys with", "signing_keys"};
  }
  VK_TRY(SigningKeyRows rows, state.list_now());
  SigningKeyRows made;
  for (const Algorithm algorithm : kAlgorithms) {
    if (last_row(rows, algorithm) == nullptr) made.push_back(state.make(algorithm, 1, state.clock.now()));
  }
  if (!made.empty()) {
    VK_CHECK(state.database.write_now([&](sql::Transaction& transaction) -> Result<void> {
      for (const SigningKeyRow& row : made) VK_CHECK(insert_signing_key(transaction, row, state.clock.now()));
      return {};
    }));
    VK_TRY(rows, state.list_now());
  }
  VK_CHECK(state.reseal_old(rows));
  return state.use(rows);
}

Task<Result<void>> SigningKeys::rotate() {
  const std::shared_ptr<State> state = state_;
  const Millis now = state->clock.now();
  CO_TRY(SigningKeyRows rows, co_await state->database.read_value<SigningKeyRows>(list_signing_keys));
  const std::vector<Algorithm> due = state->due(rows, now);
  const SigningKeyRows over = state->over(rows, now);
  if (due.empty() && over.empty()) co_return state->use(rows);

  SigningKeyRows made;
  if (!due.empty()) {
    net::BlockingPool pool(1, 1);
    auto make_all = [&]() -> Result<SigningKeyRows> {
      SigningKeyRows all;
      for (const Algorithm algorithm : due) all.push_back(state->make_next(rows, algorithm, now));
      return all;
    };
    CO_TRY(made, co_await net::run_on(pool, make_all));
  }
  std::function<Result<SigningKeyRows>(sql::Transaction&)> change =
      [&](sql::Transaction& transaction) -> Result<SigningKeyRows> {
    for (const SigningKeyRow& row : made) VK_CHECK(insert_signing_key(transaction, row, now));
    for (const SigningKeyRow& row : over) VK_CHECK(delete_signing_key(transaction, row.key_id));
    return list_signing_keys(transaction);
  };
  CO_TRY(rows, co_await state->database.write_value<SigningKeyRows>(change));
  co_return state->use(rows);
}

std::shared_ptr<const KeySet> SigningKeys::current() const {
  std::lock_guard lock(state_->mutex);
  return state_->set;
}

Result<void> SigningKeys::import_seed_jwks(std::string_view text) {
  State& state = *state_;
  if (state.options.seal_secrets.empty()) {
    return Error{Code::invalid_argument, "no secret to encrypt signing keys with", "signing_keys"};
  }
  if (text.size() > kMaxSeedFile) return Error{Code::too_large, "more than 64 KiB", "import_seed_jwks"};
  VK_TRY(const JsonDocument document, JsonDocument::parse(text));
  const auto pem = document["privateKey"].string(), key_id = document["kid"].string();
  if (!pem || !key_id || key_id->empty()) {
    return Error{Code::invalid_argument, "no privateKey or no kid", "import_seed_jwks"};
  }
  VK_TRY(const auto key, jose::SigningKey::from_pkcs8(Secret(*pem), std::string(*key_id)));
  if (key.algorithm() != Algorithm::RS256) {
    return Error{Code::invalid_argument, "not an RSA key", "import_seed_jwks"};
  }
  SigningKeyRow row{key.key_id(), Algorithm::RS256, 0,
                    seal_signing_key(state.options.seal_secrets.front(), key, state.random),
                    state.clock.now()};
  SigningKeyRows rows;
  VK_CHECK(state.database.write_now([&](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(rows, list_signing_keys(transaction));
    const SigningKeyRow* last = last_row(rows, Algorithm::RS256);
    row.turn = last == nullptr ? 1 : last->turn + 1;
    VK_TRY(const bool inserted, insert_signing_key(transaction, row, state.clock.now()));
    if (!inserted) return Error{Code::conflict, "a key of this kid is here already", "import_seed_jwks"};
    VK_TRY(rows, list_signing_keys(transaction));
    return {};
  }));
  return current() == nullptr ? Result<void>() : state.use(rows);  // before start() there is nothing to renew
}

}  // namespace valetkey::authorization
