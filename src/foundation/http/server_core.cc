#include "foundation/http/server_core.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace valetkey::http {

void BufferedRandom::fill(void* data, size_t size) {
  constexpr size_t kDraw = 1024;
  constexpr size_t kDrawStep = 256;  // getentropy's limit
  if (drawn_.size() - used_ < size) {
    drawn_.resize(std::max(kDraw, size));
    used_ = 0;
    if (source_ != nullptr) {
      source_->fill(drawn_.data(), drawn_.size());
    } else {
      for (size_t at = 0; at < drawn_.size(); at += kDrawStep) {
        size_t step = std::min(kDrawStep, drawn_.size() - at);
        if (::getentropy(drawn_.data() + at, step) != 0) std::abort();
      }
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
