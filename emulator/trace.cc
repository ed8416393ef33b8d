#include "trace.h"

#include "foundation/base/strings.h"

namespace valetkey::emulator {
namespace {

Millis system_now() {
  return SystemClock().now();
}

}  // namespace

TracedExchange::TracedExchange(http::Exchange& inner, Recorder& recorder, std::shared_ptr<Record> record)
    : inner_(inner),
      recorder_(recorder),
      record_(std::move(record)),
      on_cancel_(inner.cancellation(), [this] {
        if (complete_) return;
        recorder_.update(record_, [](Record& seen) { seen.disconnected_at = system_now(); });
      }) {}

TracedExchange::~TracedExchange() {
  recorder_.update(record_, [](Record& seen) {
    if (seen.ended_at == 0) seen.ended_at = system_now();
  });
}

void TracedExchange::count_bytes(size_t bytes) {
  recorder_.update(record_, [bytes](Record& seen) {
    if (seen.first_byte_at == 0) seen.first_byte_at = system_now();
    seen.bytes_out += bytes;
  });
}

Task<void> TracedExchange::send(http::Response response) {
  count_bytes(response.body.size());
  recorder_.update(record_, [&response](Record& seen) { seen.status = response.status; });
  co_await inner_.send(std::move(response));
  complete_ = true;
}

void TracedExchange::begin(int status, http::HeaderList headers) {
  recorder_.update(record_, [status](Record& seen) { seen.status = status; });
  inner_.begin(status, std::move(headers));
}

Task<Result<void>> TracedExchange::write(std::string_view first, std::string_view second) {
  count_bytes(first.size() + second.size());
  co_return co_await inner_.write(first, second);
}

Task<Result<void>> TracedExchange::end(std::string_view first, std::string_view second) {
  count_bytes(first.size() + second.size());
  auto ended = co_await inner_.end(first, second);
  complete_ = ended.ok();
  co_return ended;
}

Task<Result<void>> TracedExchange::write_raw(std::string_view bytes) {
  count_bytes(bytes.size());
  if (bytes.starts_with("HTTP/1.1 ") && bytes.size() > 12) {
    const int64_t status = parse_decimal(bytes.substr(9, 3)).value_or(0);
    recorder_.update(record_, [status](Record& seen) {
      if (seen.status == 0 && status >= 200) seen.status = static_cast<int>(status);
    });
  }
  co_return co_await inner_.write_raw(bytes);
}

void TracedExchange::close_connection(bool with_reset) {
  complete_ = true;
  inner_.close_connection(with_reset);
}

}  // namespace valetkey::emulator
