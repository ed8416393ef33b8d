#include "raw_exchange.h"

#include "player.h"

namespace valetkey::emulator {

std::string RawExchange::head(int status, const http::HeaderList& headers, std::string_view framing) const {
  return style_.before_head + raw_head(status, headers) + std::string(framing) + style_.extra_lines + "\r\n";
}

Task<void> RawExchange::send(http::Response response) {
  answered_ = true;
  std::string all;
  if (style_.chunk_extension.empty() && style_.trailers.empty()) {
    all = head(response.status, response.headers,
               "Content-Length: " + std::to_string(response.body.size()) + "\r\n");
    all += response.body;
    (void)co_await inner_.write_raw(all);
    co_return inner_.close_connection(false);
  }
  begin(response.status, std::move(response.headers));
  (void)co_await end(response.body, {});
}

void RawExchange::begin(int status, http::HeaderList headers) {
  answered_ = true;
  pending_ = head(status, headers, "Transfer-Encoding: chunked\r\n");
}

Task<Result<void>> RawExchange::write(std::string_view first, std::string_view second) {
  pending_ += chunk_of(std::string(first).append(second), style_.chunk_extension);
  const std::string out = std::exchange(pending_, {});
  co_return co_await inner_.write_raw(out);
}

Task<Result<void>> RawExchange::end(std::string_view first, std::string_view second) {
  const std::string data = std::string(first).append(second);
  if (!data.empty()) pending_ += chunk_of(data, style_.chunk_extension);
  pending_ += "0" + style_.chunk_extension + "\r\n" + style_.trailers + "\r\n";
  const std::string out = std::exchange(pending_, {});
  auto sent = co_await inner_.write_raw(out);
  inner_.close_connection(false);
  co_return sent;
}

}  // namespace valetkey::emulator
