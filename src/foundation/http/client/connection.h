// One connection to an upstream, and its clock. In the pool while idle, else leased to one response.
#pragma once

#include <string>
#include <string_view>

#include "foundation/base/clock.h"
#include "foundation/base/result.h"
#include "foundation/base/task.h"
#include "foundation/http/client/block.h"
#include "foundation/net/deadline.h"
#include "foundation/net/stream.h"
#include "foundation/net/worker.h"

namespace valetkey::http {

// What connections are pooled by.
struct Origin {
  std::string host;
  unsigned short port = 0;
  bool tls = false;
};

class Connection {
 public:
  Connection(net::Worker& worker, net::Stream stream, Origin origin);

  // Everything, or Code::timeout when it takes longer than `patience`. With `stop_at_answer` it also ends,
  // with Code::disconnected, when the peer answers or leaves before it has taken everything.
  Task<Result<void>> write(net::Pieces pieces, Millis patience, bool stop_at_answer);
  // What is there, behind the first `used` bytes of `block`; waits for it until `until` (steady
  // milliseconds). 0 = the orderly end. The block is taken only when bytes have come. Code::timeout leaves
  // the connection as it was.
  Task<Result<size_t>> fill(Block& block, size_t used, Millis until);

  net::Stream& stream() { return stream_; }
  const Origin& origin() const { return origin_; }
  Millis idle_since = 0;  // steady; the pool's

 private:
  struct AnswerWatch;
  net::Stream stream_;
  Origin origin_;
  net::Deadline deadline_;  // ends the wait that runs, not the connection
};

}  // namespace valetkey::http
