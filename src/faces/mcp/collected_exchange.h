// Another exchange's request context, with the answer kept instead of sent: lets a tool use what answers an
// exchange. Everything but the answer is the outer exchange's.
#pragma once

#include <string>

#include "foundation/http/exchange.h"

namespace valetkey::faces::mcp {

constexpr size_t kMaxCollected =
    8u << 20;  // bytes of an answer's body; the rest is cut and `too_large` is true

class CollectedExchange final : public http::Exchange {
 public:
  explicit CollectedExchange(http::Exchange& outer) : outer_(outer) {}

  int status() const { return status_; }
  const std::string& body() const { return body_; }
  bool too_large() const { return too_large_; }

  const http::Request& request() const override { return outer_.request(); }
  std::string_view parameter(std::string_view name) const override { return outer_.parameter(name); }
  const std::string& request_id() const override { return outer_.request_id(); }
  const std::string& client_address() const override { return outer_.client_address(); }
  net::Worker& worker() override { return outer_.worker(); }
  Cancellation& cancellation() override { return outer_.cancellation(); }
  bool draining() const override { return outer_.draining(); }
  void note(std::string_view key, std::string_view value) override { outer_.note(key, value); }

  Task<void> send(http::Response response) override;
  void begin(int status, http::HeaderList headers) override;
  Task<Result<void>> write(std::string_view first, std::string_view second) override;
  Task<Result<void>> end(std::string_view first, std::string_view second) override;
  bool answered() const override { return status_ != 0; }
  Task<Result<void>> write_raw(std::string_view bytes) override;
  void close_connection(bool) override {}

 private:
  void keep(std::string_view data);
  http::Exchange& outer_;
  int status_ = 0;
  std::string body_;
  bool too_large_ = false;
};

}  // namespace valetkey::faces::mcp
