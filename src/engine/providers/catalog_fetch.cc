#include "engine/providers/catalog_fetch.h"

#include <utility>

#include "engine/providers/classification.h"
#include "foundation/crypto/crypto.h"

namespace valetkey::providers {

Task<std::variant<Catalog, NotModified, Failure>> fetch_catalog(http::Client& client,
                                                                http::ClientRequest request, std::string etag,
                                                                CatalogSource source, const Clock& clock) {
  request.headers.set("accept", "application/json");
  if (!etag.empty()) request.headers.add("if-none-match", std::move(etag));
  FetchLimits limits{kMaxCatalogBody, kCatalogDeadline};
  auto reply = co_await fetch(client, std::move(request), limits);
  if (!reply.ok()) co_return failure_of_transport(source.provider, reply.error());
  if (reply->status == 304) co_return NotModified{};
  if (!reply->ok())
    co_return source.classify(reply->status, view_of(reply->headers), reply->body, clock.now());
  auto catalog = source.read(reply->body);
  if (!catalog) co_return source.classify(502, {}, {}, clock.now());
  catalog->etag = std::string(reply->headers.get("etag"));
  catalog->digest = crypto::sha256(catalog->etag + "\n" + reply->body);
  co_return std::move(*catalog);
}

}  // namespace valetkey::providers
