// The head of a request as bytes.
#pragma once

#include <string>

#include "foundation/base/result.h"
#include "foundation/http/client/client.h"
#include "foundation/net/stream.h"

namespace valetkey::http {

// In the order of the wire; a blank line and the body follow.
struct OutgoingHead {
  std::string start;        // the request line and what the client writes itself
  std::string_view fields;  // lines in the request's own list, or nothing when `start` has them

  net::Pieces before(std::string_view body) const { return {{start, fields, "\r\n", body}}; }
};

// Writes Host, Content-Length and (when missing) Accept-Encoding: identity; what the caller gave of Host and
// of the framing and connection fields is left out. Code::invalid_argument for anything that could end a line
// early. `request` must outlive the head.
Result<OutgoingHead> request_head(const ClientRequest& request);

}  // namespace valetkey::http
