// Reading a request's body into the buffer that holds its head, so that both are one piece of memory.
#include "foundation/http/connection.h"

namespace valetkey::http {
namespace {

constexpr size_t kDroppedBody = 64 * 1024;  // a refused request's body that is read to keep the connection
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

HeadError no_answer() {
  return {0, "connection ended"};
}

}  // namespace

// Nothing: the body is complete. Status 0: the connection ended.
Task<std::optional<HeadError>> ServerConnection::read_body(size_t max_bytes) {
  request_bytes_ = parse_.consumed;
  bytes_in_ = parse_.consumed;
  if (framing_.kind == Framing::Kind::none) co_return std::nullopt;
  enter(Phase::body, core_.options.limits.body_timeout);
  if (framing_.expects_continue && buffer_.size() == parse_.consumed) {
    Result<void> sent = co_await flush({{kContinue}});
    if (!sent.ok()) co_return no_answer();
  }
  if (framing_.kind == Framing::Kind::chunked) co_return co_await read_chunked_body(max_bytes);
  co_return co_await read_sized_body();
}

Task<std::optional<HeadError>> ServerConnection::fill_for_body() {
  buffer_.make_room();
  switch (co_await fill()) {
    case Fill::bytes:
      co_return std::nullopt;
    case Fill::timed_out:
      co_return HeadError{408, "the request body took too long"};
    case Fill::ended:
      break;
  }
  co_return no_answer();
}

// The length was checked against the limit before.
Task<std::optional<HeadError>> ServerConnection::read_sized_body() {
  size_t whole = parse_.consumed + static_cast<size_t>(framing_.length);
  while (buffer_.size() < whole) {
    if (auto error = co_await fill_for_body()) co_return error;
  }
  request_bytes_ = whole;
  bytes_in_ = whole;
  co_return std::nullopt;
}

// Decodes in place: what is decoded is never longer than what was read.
Task<std::optional<HeadError>> ServerConnection::read_chunked_body(size_t max_bytes) {
  ChunkDecoder decoder;
  size_t decoded = parse_.consumed;  // end of the decoded bytes, and of all bytes once read
  for (;;) {
    std::string_view input = buffer_.view().substr(decoded);
    bytes_in_ += input.size();
    while (!input.empty() && !decoder.done()) {
      Result<std::string_view> piece = decoder.next(input);
      if (!piece.ok()) co_return HeadError{400, "malformed chunked body"};
      if (decoded - parse_.consumed + piece->size() > max_bytes)
        co_return HeadError{413, "request body too large"};
      if (!piece->empty()) std::memmove(buffer_.data() + decoded, piece->data(), piece->size());
      decoded += piece->size();
    }
    bytes_in_ -= input.size();
    buffer_.remove(decoded, buffer_.size() - input.size() - decoded);
    if (decoder.done()) break;
    if (auto error = co_await fill_for_body()) co_return error;
  }
  request_bytes_ = decoded;
  co_return std::nullopt;
}

// Makes request_ of the parsed head and what follows it.
void ServerConnection::bind_request() {
  if (buffer_.data() != parsed_at_) {  // the buffer has grown: the views are stale
    parse_request_head(buffer_.view().substr(0, parse_.consumed), core_.options.limits.head, parse_);
    parsed_at_ = buffer_.data();
    std::swap(request_.headers, parse_.head.headers);
  } else if (request_.method.empty()) {
    std::swap(request_.headers, parse_.head.headers);
  }
  request_.method = parse_.head.method;
  request_.target = parse_.head.target;
  request_.minor_version = parse_.head.minor_version;
  std::string_view path = request_.target;
  if (!path.starts_with('/') && path != "*") {  // absolute form
    size_t start = path.find_first_of("/?", path.find("://") + 3);
    path = start == std::string_view::npos ? std::string_view("/") : path.substr(start);
  }
  size_t question = path.find('?');
  request_.path = question == 0 ? std::string_view("/") : path.substr(0, question);
  request_.query = question == std::string_view::npos ? std::string_view() : path.substr(question + 1);
  request_.body = buffer_.view().substr(parse_.consumed, request_bytes_ - parse_.consumed);
}

bool ServerConnection::small_body_follows() const {
  if (framing_.kind == Framing::Kind::none) return true;
  return framing_.kind == Framing::Kind::length && framing_.length <= kDroppedBody &&
         !framing_.expects_continue;
}

}  // namespace valetkey::http
