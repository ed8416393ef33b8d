// An Exchange that writes the head and the framing of an ordinary answer by hand, so that scenarios of family
// H4 can bend them while the endpoint behind knows nothing of it.
#pragma once

#include <string>

#include "foundation/http/exchange.h"

namespace valetkey::emulator {

struct RawStyle {
  std::string before_head;  // e.g. an interim response
  std::string extra_lines;  // whole header lines with CRLF, put after the others
  std::string chunk_extension;
  std::string trailers;  // whole lines, after the last chunk
};

class RawExchange final : public http::Exchange {
 public:
  RawExchange(http::Exchange& inner, RawStyle style) : inner_(inner), style_(std::move(style)) {}

  const http::Request& request() const override { return inner_.request(); }
  std::string_view parameter(std::string_view name) const override { return inner_.parameter(name); }
  const std::string& request_id() const override { return inner_.request_id(); }
  const std::string& client_address() const override { return inner_.client_address(); }
  net::Worker& worker() override { return inner_.worker(); }
  Cancellation& cancellation() override { return inner_.cancellation(); }
  Task<void> send(http::Response response) override;
  void begin(int status, http::HeaderList headers) override;
  Task<Result<void>> write(std::string_view first, std::string_view second) override;
  Task<Result<void>> end(std::string_view first, std::string_view second) override;
  bool answered() const override { return answered_; }
  bool draining() const override { return inner_.draining(); }
  void note(std::string_view key, std::string_view value) override { inner_.note(key, value); }
  Task<Result<void>> write_raw(std::string_view bytes) override { return inner_.write_raw(bytes); }
  void close_connection(bool with_reset) override { inner_.close_connection(with_reset); }

 private:
  std::string head(int status, const http::HeaderList& headers, std::string_view framing) const;
  http::Exchange& inner_;
  RawStyle style_;
  std::string pending_;
  bool answered_ = false;
};

}  // namespace valetkey::emulator
