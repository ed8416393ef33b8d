#include "foundation/http/server_core.h"

#include <algorithm>
#include <cstring>
#include <random>

namespace valetkey::http {

void BufferedRandom::fill(void* data, size_t size) {
  constexpr size_t kDraw = 1024;
  if (drawn_.size() - used_ < size) {
    drawn_.resize(std::max(kDraw, size));
    used_ = 0;
    if (source_ != nullptr) {
      source_->fill(drawn_.data(), drawn_.size());
    } else {
      std::random_device device;
      std::generate(drawn_.begin(), drawn_.end(), [&] { return static_cast<char>(device()); });
    }
  }
  std::memcpy(data, drawn_.data() + used_, size);
  used_ += size;
}

std::shared_ptr<net::TlsContext> ServerCore::current_tls() {
  std::lock_guard lock(tls_mutex_);
  return options.tls;
}

void ServerCore::replace_tls(std::shared_ptr<net::TlsContext> tls) {
  std::lock_guard lock(tls_mutex_);
  options.tls = std::move(tls);
}

void ServerCore::report_if_drained(Shard& shard) {
  bool idle = shard.draining && shard.listener == nullptr && shard.first == nullptr;
  if (!idle || std::exchange(shard.reported_drained, true)) return;
  shard.drain_over.request();
  if (shards_running.fetch_sub(1) > 1) return;
  std::function<void()> call;
  {
    std::lock_guard lock(stop_mutex);
    call = std::move(drained);
  }
  if (call) call();
}

Response ServerCore::error_answer(int status, std::string_view path, std::string_view message) const {
  if (options.error_response) return options.error_response(status, path, message);
  Response answer;
  answer.status = status;
  answer.headers.add("content-type", "text/plain; charset=UTF-8");
  answer.body = message;
  return answer;
}

}  // namespace valetkey::http
