// Model catalogs of the upstreams, kept per credential with their ETag. A catalog that cannot be fetched
// again is used on; the upstream is not asked more often than the times below say.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "engine/providers/bounded_cache.h"
#include "engine/providers/fetch.h"
#include "engine/providers/provider.h"
#include "foundation/net/single_flight.h"

namespace valetkey::providers {

constexpr Millis kCatalogRetry = 30 * kSecond;  // after a failed fetch, with or without an old catalog
constexpr size_t kMaxCatalogs = 16'384;         // credentials remembered; most share one catalog in memory
constexpr size_t kMaxDistinctCatalogs = 256;
constexpr size_t kMaxCatalogModels = 1000;
constexpr size_t kMaxModelName = 256;

struct CatalogModel {
  Model model;
  bool listed = true;     // shown by GET /v1/models
  bool chat = true;       // takes /chat/completions
  bool responses = true;  // takes /responses
};

struct Catalog {
  std::vector<CatalogModel> models;  // no two of one id
  std::string etag;
  std::string digest;  // of the answer it was read from; equal catalogs are kept once
  const CatalogModel* find(std::string_view id) const;
  std::vector<Model> listed() const;
};

// Appends unless the id is empty, too long, known already, or the catalog is full.
void add_model(Catalog& catalog, CatalogModel model);

using CatalogPtr = std::shared_ptr<const Catalog>;
using CatalogOutcome = std::variant<CatalogPtr, Failure>;
struct NotModified {};
using CatalogFetch = std::function<Task<std::variant<Catalog, NotModified, Failure>>(std::string etag)>;

// Thread-safe.
class CatalogCache {
 public:
  // `fresh`: for so long a catalog is used without asking again.
  CatalogCache(const Clock& clock, Millis fresh) : clock_(clock), fresh_(fresh) {}

  // A fresh catalog, or an older one when the upstream fails. A Failure only when there never was one, or
  // when `cancellation` ended the wait; the fetch goes on for whoever asks next.
  Task<CatalogOutcome> get(std::string key, CatalogFetch fetch, Cancellation* cancellation = nullptr);
  // The same without waiting where there is any catalog at all: an old one is renewed behind the caller's
  // back.
  Task<CatalogOutcome> get_at_once(std::string key, CatalogFetch fetch, Cancellation* cancellation = nullptr);

 private:
  struct Slot {
    CatalogPtr catalog;
    Millis fetched = 0;
  };
  struct Failed {
    Failure failure;
    Millis at = 0;
  };
  Task<CatalogOutcome> renew(std::string key, CatalogFetch fetch, Cancellation* cancellation);
  Task<CatalogOutcome> update(std::string key, CatalogFetch fetch);
  Task<void> renew_behind(std::string key, CatalogFetch fetch);
  CatalogOutcome keep_after_failure(const std::string& key, CatalogPtr old, Failure failure);
  CatalogPtr shared(Catalog catalog);
  void date_models(Catalog& catalog);

  const Clock& clock_;
  const Millis fresh_;
  BoundedCache<Slot> catalogs_{kMaxCatalogs};
  BoundedCache<CatalogPtr> by_digest_{kMaxDistinctCatalogs};
  BoundedCache<Failed> failures_{1024};
  BoundedCache<int64_t> first_seen_{8192};  // model id -> unix seconds
  net::SingleFlight<CatalogOutcome> flights_{2 * kCatalogDeadline};
};

}  // namespace valetkey::providers
