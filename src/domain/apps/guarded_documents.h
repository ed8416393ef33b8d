// The hardened fetcher as Clients wants it: JSON only, and sentences that may be shown.
#pragma once

#include "domain/apps/clients.h"
#include "foundation/http/client/guarded_fetch.h"

namespace valetkey::apps {

// `fetcher` must outlive what is returned. Call on a worker.
FetchDocument fetch_documents_with(http::GuardedFetcher& fetcher);

}  // namespace valetkey::apps
