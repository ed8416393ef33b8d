// GET of a model catalog, the same for every provider but for how it is read.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "engine/providers/catalog.h"

namespace valetkey::providers {

struct CatalogSource {
  std::string_view provider;  // display name
  std::optional<Catalog> (*read)(std::string_view body);
  Failure (*classify)(int status, const http::Headers& headers, std::string_view body, Millis now);
};

// `request` with URL and account headers; conditional when `etag` is not empty.
Task<std::variant<Catalog, NotModified, Failure>> fetch_catalog(http::Client& client,
                                                                http::ClientRequest request, std::string etag,
                                                                CatalogSource source, const Clock& clock);

}  // namespace valetkey::providers
