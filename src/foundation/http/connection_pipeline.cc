// What happens to every request, in this order and nowhere else (docs/life-of-a-request.md).
#include <algorithm>

#include "foundation/base/ids.h"
#include "foundation/base/log.h"
#include "foundation/http/connection.h"
#include "foundation/http/connection_watch.h"
#include "foundation/http/cors.h"
#include "foundation/net/turn.h"

namespace valetkey::http {
namespace {

constexpr size_t kMaxRequestId = 128;

bool is_request_id(std::string_view text) {
  if (text.empty() || text.size() > kMaxRequestId) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
           c == '_' || c == '-';
  });
}

}  // namespace

// Each stage may end the request with an answer. After them: the body is read, the deadline set, the handler
// run inside the catch-all, the access record written.
const std::array<ServerConnection::Stage, 6> ServerConnection::kStages = {
    &ServerConnection::identify,
    &ServerConnection::find_route,
    &ServerConnection::answer_preflight,
    &ServerConnection::limit_rate,
    &ServerConnection::refuse_unknown_route,
    &ServerConnection::limit_body,
};

std::optional<Response> ServerConnection::identify() {
  std::string_view offered = request_.headers.get("x-request-id");
  if (is_request_id(offered)) {
    request_id_ = offered;
  } else {
    request_id_ = make_ulid(core_.clock.now(), shard_.random);
  }
  if (core_.options.trusted_proxies.empty()) {
    if (client_address_.empty()) client_address_ = peer_;
  } else {
    client_address_ = core_.proxies->client_address(peer_, request_.headers);
  }
  return std::nullopt;
}

std::optional<Response> ServerConnection::find_route() {
  match_ = core_.router.match(request_.method, request_.path);
  cors_ = match_.cors;
  if (request_.method == "OPTIONS" && request_.headers.has("access-control-request-method")) {
    cors_ = core_.router.match(request_.headers.get("access-control-request-method"), request_.path).cors;
  }
  return std::nullopt;
}

std::optional<Response> ServerConnection::answer_preflight() {
  bool own_route = match_.route != nullptr && match_.route->method == "OPTIONS";
  if (request_.method != "OPTIONS" || own_route || !cors_) return std::nullopt;
  cors_ = false;  // the answer brings its own lines
  return preflight_answer(request_, core_.router.allowed_methods(request_.path));
}

std::optional<Response> ServerConnection::limit_rate() {
  if (match_.route == nullptr || match_.route->policy.rate == RateClass::none || !core_.options.rate_limit) {
    return std::nullopt;
  }
  Millis wait = core_.options.rate_limit(match_.route->policy.rate, client_address_);
  if (wait <= 0) return std::nullopt;
  Response answer = core_.error_answer(429, request_.path, "too many requests");
  answer.headers.set("Retry-After", std::to_string((wait + kSecond - 1) / kSecond));
  return answer;
}

std::optional<Response> ServerConnection::refuse_unknown_route() {
  if (match_.route != nullptr) return std::nullopt;
  if (!match_.path_known) return core_.error_answer(404, request_.path, "not found");
  Response answer = core_.error_answer(405, request_.path, "method not allowed");
  answer.headers.set("Allow", match_.allow);
  return answer;
}

std::optional<Response> ServerConnection::limit_body() {
  if (framing_.kind != Framing::Kind::length || framing_.length <= body_limit()) return std::nullopt;
  return core_.error_answer(413, request_.path, "request body too large");
}

size_t ServerConnection::body_limit() const {
  return std::min(core_.max_body, match_.route->policy.max_body);
}

void ServerConnection::start_exchange() {
  started_micros_ = steady_micros();
  shard_.exchanges.fetch_add(1, std::memory_order_relaxed);
  cancellation_.emplace();
  keep_alive_ = framing_.keep_alive;
  request_bytes_ = parse_.consumed;
  bytes_in_ = parse_.consumed;
}

Task<void> ServerConnection::serve_exchange() {
  bind_request();
  std::optional<Response> answer;
  for (Stage stage : kStages) {
    answer = (this->*stage)();
    if (answer) break;
  }
  bool reads_body = !answer || (answer->status != 413 && small_body_follows());
  if (!reads_body) {
    keep_alive_ = false;
    unread_ = true;
  } else if (framing_.kind != Framing::Kind::none) {
    auto error = co_await read_body(answer ? 0 : body_limit());
    bind_request();  // the buffer may have moved
    if (error) co_return co_await refuse(*error);
  }
  if (answer) {
    co_await send(std::move(*answer));
    co_return;
  }
  enter(Phase::exchange, core_.options.limits.total_timeout);
  if (net::in_company(net::Step::handle)) co_await net::keep_step(net::Step::handle);
  co_await run_handler();
}

// The catch-all.
Task<void> ServerConnection::run_handler() {
  bool threw = false;
  try {
    co_await match_.route->handler(*this);
  } catch (const std::exception& escaped) {
    threw = true;
    log::error("handler_threw",
               {{"route", match_.route->pattern}, {"what", escaped.what()}, {"id", request_id_}});
  } catch (...) {
    threw = true;
    log::error("handler_threw", {{"route", match_.route->pattern}, {"id", request_id_}});
  }
  if (answer_ == Answer::done && !threw) co_return;
  co_await finish_answer();
}

// A handler that ended without a whole answer: 500 while nothing was sent, else the client must see the cut.
Task<void> ServerConnection::finish_answer() {
  switch (answer_) {
    case Answer::none:
    case Answer::begun:
      if (left_ || !stream_.is_open()) co_return;
      answer_ = Answer::none;
      keep_alive_ = false;
      co_await send(core_.error_answer(500, request_.path, "internal error"));
      co_return;
    case Answer::streaming:
      stream_.reset();
      break;
    case Answer::done:
    case Answer::raw:
      break;
  }
  keep_alive_ = false;
}

// An answer in place of a handler's; the connection ends with it. Status 0: nobody is there to read one.
Task<void> ServerConnection::refuse(HeadError error) {
  keep_alive_ = false;
  if (error.status == 0) {
    left_ = true;
    co_return stream_.close();
  }
  unread_ = true;
  if (request_id_.empty()) identify();
  co_await send(core_.error_answer(error.status, request_.path, error.reason));
}

void ServerConnection::end_exchange() {
  deadline_.disarm();
  if (watch_) watch_->stop();
  shard_.exchanges.fetch_sub(1, std::memory_order_relaxed);
  if (core_.options.on_access) record_access();
  bool we_end_it = framing_.keep_alive && !keep_alive_ && answer_ == Answer::done;
  if (we_end_it) unread_ = true;  // the client may have sent its next request
  if (request_bytes_ > 0) buffer_.consume(request_bytes_);
  std::swap(request_.headers, parse_.head.headers);  // keeps its memory
  parse_.head.headers.clear();
  request_ = Request{};
  request_bytes_ = 0;
  match_ = RouteMatch{};
  request_id_.clear();
  note_.clear();
  answer_ = Answer::none;
  status_ = 0;
  bytes_out_ = 0;
  cors_ = true;
  framing_ = Framing{};
  parse_.consumed = 0;
}

void ServerConnection::record_access() {
  constexpr int kClientClosed = 499;  // the client left before an answer
  AccessRecord record;
  record.request_id = request_id_;
  record.method = request_.method;
  record.route = match_.route != nullptr ? std::string_view(match_.route->pattern) : std::string_view();
  record.client_address = client_address_;
  record.note = note_;
  record.status = status_ == 0 ? kClientClosed : status_;
  record.micros = steady_micros() - started_micros_;
  record.bytes_in = bytes_in_;
  record.bytes_out = bytes_out_;
  record.client_left = left_;
  core_.options.on_access(record);
}

}  // namespace valetkey::http
