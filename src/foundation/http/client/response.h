// A response under way: the connection leased to it, its head, and the way from raw bytes to body bytes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "foundation/base/cancellation.h"
#include "foundation/http/client/block.h"
#include "foundation/http/client/client.h"
#include "foundation/http/client/connection.h"
#include "foundation/http/client/content_decoder.h"
#include "foundation/http/client/pool.h"
#include "foundation/http/client/request_head.h"
#include "foundation/http/h1.h"

namespace valetkey::http {

class PooledResponse final : public ClientResponse {
 public:
  PooledResponse(std::shared_ptr<Pool> pool, std::unique_ptr<Connection> connection,
                 Cancellation& cancellation);
  ~PooledResponse() override;

  // Sends the request and reads the head. All arguments must live until it is done.
  Task<Result<void>> start(const OutgoingHead& head, std::string_view body, std::string_view method,
                           Millis patience);
  // The peer sent something before start() failed: it may have acted on the request.
  bool saw_bytes() const { return saw_bytes_; }

  int status() const override { return status_; }
  std::string_view header(std::string_view name) const override { return headers_.get(name); }
  const Headers& headers() const override { return headers_; }
  Task<Result<std::string_view>> read(Millis patience) override;
  bool is_open() const override { return !failure_; }
  bool has_more() const override { return connection_ != nullptr; }

 private:
  Task<Result<void>> read_head(std::string_view method, Millis until);
  Result<bool> try_head(std::string_view method);
  Result<void> accept_head(const ResponseHead& head, std::string_view method);
  void keep_head(const Headers& headers, size_t size);
  Task<Result<void>> fill(Millis patience);
  Result<std::string_view> take_decoded();
  Result<std::string_view> take_body();
  Result<std::string_view> take_chunks();
  void end_of_body();
  Error fail(Error error);

  std::shared_ptr<Pool> pool_;
  std::unique_ptr<Connection> connection_;  // null once the body is complete
  std::optional<OnCancel> on_cancel_;       // closes the connection
  std::optional<Error> failure_;            // of the connection: every later read says the same

  int status_ = 0;
  std::string head_;  // what headers_ points into
  Headers headers_;

  Block block_;  // raw input; body pieces are views into it
  size_t begin_ = 0;
  size_t end_ = 0;
  Framing framing_;
  uint64_t remaining_ = 0;
  ChunkDecoder chunks_;
  std::unique_ptr<ContentDecoder> decoder_;
  Millis idle_until_ = 0;
  unsigned interim_heads_ = 0;
  bool saw_bytes_ = false;
  bool complete_ = false;
  bool reusable_ = true;
};

}  // namespace valetkey::http
