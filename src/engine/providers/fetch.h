// One short call to an upstream, bounded in bytes and time: sign-in, refresh, token exchange, catalogs.
#pragma once

#include <string>

#include "foundation/base/cancellation.h"
#include "foundation/base/clock.h"
#include "foundation/base/json.h"
#include "foundation/http/client/client.h"
#include "foundation/http/message.h"

namespace valetkey::providers {

constexpr size_t kMaxAuthBody = 1u << 20;
constexpr size_t kMaxCatalogBody = 8u << 20;
constexpr Millis kAuthDeadline = 30 * kSecond;  // for the whole call, body included
constexpr Millis kCatalogDeadline = 15 * kSecond;

struct Reply {
  int status = 0;
  http::HeaderList headers;
  std::string body;
  bool ok() const { return status >= 200 && status < 300; }
};

struct FetchLimits {
  size_t body = kMaxAuthBody;
  Millis deadline = kAuthDeadline;
};

// Sends and reads to the end, detached from any client's request. Errors as http::Client::send, and
// Code::too_large.
Task<Result<Reply>> fetch(http::Client& client, http::ClientRequest request, FetchLimits limits = {});

// Why a wait without a result has ended.
Code ended_by(const Cancellation* cancellation);

// True when the request surely never left: nothing was connected. Only then may a single-use token be sent
// again.
bool surely_not_sent(const Error& error);

// Views into `fields`, for what wants parsed headers.
http::Headers view_of(const http::HeaderList& fields);

// A JSON value that is a number of seconds, or a string of one ("5"). Nothing when it is neither, or not
// finite.
std::optional<double> seconds_in(const Json& value);

}  // namespace valetkey::providers
