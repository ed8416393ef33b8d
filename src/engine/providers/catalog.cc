#include "engine/providers/catalog.h"

#include <algorithm>
#include <utility>

#include "engine/providers/classification.h"

namespace valetkey::providers {

const CatalogModel* Catalog::find(std::string_view id) const {
  auto found =
      std::find_if(models.begin(), models.end(), [&](const CatalogModel& m) { return m.model.id == id; });
  return found == models.end() ? nullptr : &*found;
}

std::vector<Model> Catalog::listed() const {
  std::vector<Model> out;
  for (const auto& entry : models) {
    if (entry.listed) out.push_back(entry.model);
  }
  return out;
}

void add_model(Catalog& catalog, CatalogModel model) {
  const std::string& id = model.model.id;
  if (id.empty() || id.size() > kMaxModelName || catalog.models.size() >= kMaxCatalogModels) return;
  if (catalog.find(id) == nullptr) catalog.models.push_back(std::move(model));
}

Task<CatalogOutcome> CatalogCache::get(std::string key, CatalogFetch fetch, Cancellation* cancellation) {
  auto cached = catalogs_.get(key);
  if (cached && clock_.now() - cached->fetched < fresh_) co_return cached->catalog;
  co_return co_await renew(std::move(key), std::move(fetch), cancellation);
}

Task<CatalogOutcome> CatalogCache::get_at_once(std::string key, CatalogFetch fetch,
                                               Cancellation* cancellation) {
  auto cached = catalogs_.get(key);
  if (!cached) {
    auto failed = failures_.get(key);
    if (failed && clock_.now() - failed->at < kCatalogRetry) co_return std::move(failed->failure);
    co_return co_await renew(std::move(key), std::move(fetch), cancellation);
  }
  if (clock_.now() - cached->fetched >= fresh_) {
    auto executor = co_await asio::this_coro::executor;
    net::spawn_detached(executor, renew_behind(std::move(key), std::move(fetch)));
  }
  co_return cached->catalog;
}

Task<void> CatalogCache::renew_behind(std::string key, CatalogFetch fetch) {
  auto ignored = co_await renew(std::move(key), std::move(fetch), nullptr);
  (void)ignored;
}

Task<CatalogOutcome> CatalogCache::renew(std::string key, CatalogFetch fetch, Cancellation* cancellation) {
  std::function<Task<CatalogOutcome>()> work = [this, key, fetch = std::move(fetch)] {
    return update(key, fetch);
  };
  auto outcome = co_await flights_.join(key, std::move(work), 2 * kCatalogDeadline, cancellation);
  if (outcome) co_return std::move(*outcome);
  Error late{ended_by(cancellation), "catalog", "providers.catalog"};
  co_return failure_of_transport("The provider", late);
}

Task<CatalogOutcome> CatalogCache::update(std::string key, CatalogFetch fetch) {
  CatalogPtr old = catalogs_.get(key).value_or(Slot{}).catalog;
  auto fetched = co_await fetch(old ? old->etag : std::string());
  if (auto* failure = std::get_if<Failure>(&fetched))
    co_return keep_after_failure(key, old, std::move(*failure));
  CatalogPtr next = old;
  if (auto* catalog = std::get_if<Catalog>(&fetched)) next = shared(std::move(*catalog));
  if (!next) next = std::make_shared<const Catalog>();  // "not modified" to an unconditional request
  catalogs_.put(key, Slot{next, clock_.now()});
  co_return next;
}

CatalogOutcome CatalogCache::keep_after_failure(const std::string& key, CatalogPtr old, Failure failure) {
  Millis now = clock_.now();
  if (old) {
    catalogs_.put(key, Slot{old, now - fresh_ + kCatalogRetry});
    return old;
  }
  // A refused token is not remembered: it may be renewed the next moment.
  if (failure.kind != Failure::Kind::reauthenticate) failures_.put(key, Failed{failure, now});
  return failure;
}

CatalogPtr CatalogCache::shared(Catalog catalog) {
  std::string digest = catalog.digest;
  if (auto known = by_digest_.get(digest); known && !digest.empty()) return *known;
  date_models(catalog);
  auto kept = std::make_shared<const Catalog>(std::move(catalog));
  if (!digest.empty()) by_digest_.put(digest, kept);
  return kept;
}

void CatalogCache::date_models(Catalog& catalog) {
  for (auto& entry : catalog.models) {
    if (entry.model.created > 0) continue;
    auto seen = first_seen_.get(entry.model.id);
    entry.model.created = seen.value_or(clock_.now_seconds());
    if (!seen) first_seen_.put(entry.model.id, entry.model.created);
  }
}

}  // namespace valetkey::providers
