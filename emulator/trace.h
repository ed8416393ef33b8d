// An Exchange that tells the recorder what goes out and when, and passes everything on.
#pragma once

#include <memory>

#include "call.h"

namespace valetkey::emulator {

class TracedExchange final : public http::Exchange {
 public:
  TracedExchange(http::Exchange& inner, Recorder& recorder, std::shared_ptr<Record> record);
  ~TracedExchange() override;

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
  bool answered() const override { return inner_.answered(); }
  bool draining() const override { return inner_.draining(); }
  void note(std::string_view key, std::string_view value) override { inner_.note(key, value); }
  Task<Result<void>> write_raw(std::string_view bytes) override;
  void close_connection(bool with_reset) override;

 private:
  void count_bytes(size_t bytes);
  http::Exchange& inner_;
  Recorder& recorder_;
  std::shared_ptr<Record> record_;
  bool complete_ = false;
  OnCancel on_cancel_;
};

}  // namespace valetkey::emulator
