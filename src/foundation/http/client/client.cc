#include "foundation/http/client/client.h"

#include <algorithm>
#include <utility>

#include "foundation/base/strings.h"
#include "foundation/http/client/pool.h"
#include "foundation/http/client/request_head.h"
#include "foundation/http/client/response.h"

namespace valetkey::http {

struct Client::State {
  std::shared_ptr<Pool> pool;  // responses keep it; closed with the client
};

Client::Client(net::Worker& worker, std::shared_ptr<net::TlsContext> tls, ClientLimits limits)
    : state_(std::make_unique<State>()) {
  state_->pool = std::make_shared<Pool>(worker, std::move(tls), limits);
}

Client::~Client() {
  state_->pool->close();
}

Task<Result<std::unique_ptr<ClientResponse>>> Client::send(ClientRequest request,
                                                           Cancellation& cancellation) {
  std::shared_ptr<Pool> pool = state_->pool;
  CO_TRY(OutgoingHead head, request_head(request));
  Millis patience = request.head_timeout > 0 ? request.head_timeout : pool->limits().head_timeout;
  for (bool first_try = true;; first_try = false) {
    if (cancellation.requested()) co_return Error{Code::cancelled, "cancelled", "http_client"};
    std::unique_ptr<Connection> connection = first_try ? pool->take_idle(request.url) : nullptr;
    bool pooled = connection != nullptr;
    if (!pooled) {
      CO_TRY(connection, co_await pool->connect(request.url, cancellation));
    }
    auto response = std::make_unique<PooledResponse>(pool, std::move(connection), cancellation);
    auto started = co_await response->start(head, request.body, request.method, patience);
    if (started.ok()) co_return std::unique_ptr<ClientResponse>(std::move(response));
    bool stale = pooled && !response->saw_bytes() && started.error().code == Code::disconnected;
    if (!stale || !request.resend_on_stale) co_return std::move(started).error();
  }
}

Task<Result<std::string>> ClientResponse::read_all(size_t limit) {
  Error over{Code::too_large, "body over " + std::to_string(limit) + " bytes", "http_client"};
  std::string out;
  if (auto length = parse_decimal(header("content-length"))) {
    if (static_cast<uint64_t>(*length) > limit && is_open()) co_return over;
    out.reserve(std::min<size_t>(static_cast<size_t>(*length), 1 << 20));
  }
  for (;;) {
    CO_TRY(std::string_view piece, co_await read(0));
    if (piece.empty()) co_return out;
    if (out.size() + piece.size() > limit) co_return over;
    out.append(piece);
  }
}

}  // namespace valetkey::http
