#include "domain/apps/client_keys.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "foundation/net/single_flight.h"

namespace valetkey::apps {
namespace {

constexpr Millis kPatience = 15 * kSecond;  // the fetcher gives up earlier
using KeySet = std::shared_ptr<const jose::JwkSet>;

Error no_such_key() {
  return Error{Code::not_found, "no such key", "client_keys"};
}

Result<jose::VerifyingKey> pick(const jose::JwkSet& keys, const std::string& key_id,
                                jose::Algorithm algorithm) {
  const jose::VerifyingKey* key = keys.find(key_id, algorithm);
  if (key == nullptr || key->algorithm() != algorithm) return no_such_key();
  return *key;
}

}  // namespace

struct ClientKeys::State {
  State(const Clock& c, FetchDocument f) : clock(c), fetch(std::move(f)), flights(kPatience) {}

  struct Kept {
    KeySet keys;
    Millis until = 0;
    Millis refetch_from = 0;  // an unknown kid may have it fetched again from then on
    Millis pause = kFirstRefetchPause;
  };

  KeySet find_kept(const std::string& uri) {
    std::lock_guard lock(mutex);
    auto found = kept.find(uri);
    return found != kept.end() && found->second.until > clock.now() ? found->second.keys : nullptr;
  }

  // Takes the turn: who is told yes fetches, and the next unknown kid waits longer.
  bool may_refetch(const std::string& uri) {
    std::lock_guard lock(mutex);
    auto found = kept.find(uri);
    if (found == kept.end()) return true;
    Kept& entry = found->second;
    Millis now = clock.now();
    if (now < entry.refetch_from) return false;
    entry.pause = std::min(entry.pause * 2, kMaxRefetchPause);
    entry.refetch_from = now + entry.pause;
    return true;
  }

  void refetching_helped(const std::string& uri) {
    std::lock_guard lock(mutex);
    if (auto found = kept.find(uri); found != kept.end()) found->second.pause = kFirstRefetchPause;
  }

  void keep(const std::string& uri, KeySet keys, Millis fresh_for) {
    std::lock_guard lock(mutex);
    Millis now = clock.now();
    if (kept.size() >= kMaxKeptKeySets)
      std::erase_if(kept, [now](const auto& e) { return e.second.until <= now; });
    if (kept.size() >= kMaxKeptKeySets) kept.erase(kept.begin());
    Kept& entry = kept[uri];
    entry.keys = std::move(keys);
    entry.until = now + std::clamp(fresh_for, kMinKeySetLife, kMaxKeySetLife);
    entry.refetch_from = std::max(entry.refetch_from, now + entry.pause);
  }

  const Clock& clock;
  FetchDocument fetch;
  net::SingleFlight<Result<KeySet>> flights;
  std::mutex mutex;
  std::map<std::string, Kept> kept;

  static Task<Result<KeySet>> load(std::shared_ptr<State> state, std::string uri) {
    CO_TRY(FetchedDocument fetched, co_await state->fetch(uri, jose::kMaxJwksSize));
    auto parsed = jose::JwkSet::parse(fetched.body);
    if (!parsed.ok()) co_return Error{Code::upstream, "The jwks_uri gives no JWK Set.", "client_keys"};
    auto keys = std::make_shared<const jose::JwkSet>(std::move(*parsed));
    state->keep(uri, keys, fetched.fresh_for);
    co_return KeySet(std::move(keys));
  }

  static Task<Result<KeySet>> load_once(std::shared_ptr<State> state, std::string uri) {
    net::SingleFlight<Result<KeySet>>::Work work = [state, uri] { return load(state, uri); };
    auto landed = co_await state->flights.join(uri, std::move(work), kPatience);
    if (!landed) co_return Error{Code::upstream, "The jwks_uri took too long.", "client_keys"};
    co_return std::move(*landed);
  }
};

ClientKeys::ClientKeys(const Clock& clock, FetchDocument fetch)
    : state_(std::make_shared<State>(clock, std::move(fetch))) {}

Task<Result<jose::VerifyingKey>> ClientKeys::find(std::string jwks, std::string jwks_uri, std::string key_id,
                                                  jose::Algorithm algorithm) {
  std::shared_ptr<State> state = state_;
  if (!jwks.empty()) {
    CO_TRY(jose::JwkSet keys, jose::JwkSet::parse(jwks));
    co_return pick(keys, key_id, algorithm);
  }
  if (jwks_uri.empty()) co_return no_such_key();
  if (KeySet kept = state->find_kept(jwks_uri)) {
    auto key = pick(*kept, key_id, algorithm);
    if (key.ok() || !state->may_refetch(jwks_uri)) co_return key;
    auto again = co_await State::load_once(state, jwks_uri);
    if (!again.ok()) co_return no_such_key();  // what is kept is still good for its own keys
    key = pick(**again, key_id, algorithm);
    if (key.ok()) state->refetching_helped(jwks_uri);
    co_return key;
  }
  CO_TRY(KeySet keys, co_await State::load_once(state, jwks_uri));
  co_return pick(*keys, key_id, algorithm);
}

}  // namespace valetkey::apps
