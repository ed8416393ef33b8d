#include "faces/mcp/collected_exchange.h"

namespace valetkey::faces::mcp {

void CollectedExchange::keep(std::string_view data) {
  size_t room = kMaxCollected - body_.size();
  too_large_ = too_large_ || data.size() > room;
  body_.append(data.substr(0, room));
}

Task<void> CollectedExchange::send(http::Response response) {
  status_ = response.status;
  keep(response.body);
  co_return;
}

void CollectedExchange::begin(int status, http::HeaderList) {
  status_ = status;
}

Task<Result<void>> CollectedExchange::write(std::string_view first, std::string_view second) {
  keep(first);
  keep(second);
  co_return Result<void>{};
}

Task<Result<void>> CollectedExchange::end(std::string_view first, std::string_view second) {
  return write(first, second);
}

Task<Result<void>> CollectedExchange::write_raw(std::string_view) {
  co_return Error{Code::internal, "raw bytes in a collected answer", "mcp"};
}

}  // namespace valetkey::faces::mcp
