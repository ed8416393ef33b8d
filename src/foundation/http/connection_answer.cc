// The answering half of a connection: the Exchange that handlers see.
#include <algorithm>

#include "foundation/base/log.h"
#include "foundation/http/connection.h"
#include "foundation/http/connection_watch.h"
#include "foundation/http/cors.h"
#include "foundation/http/output_buffer.h"
#include "foundation/net/stream_native.h"
#include "foundation/net/turn.h"

namespace valetkey::http {
namespace {

constexpr size_t kCopied = 2 * 1024;       // less is copied behind the head, more goes out from where it lies
constexpr size_t kChunkBytes = 16 * 1024;  // a larger piece goes out in several chunks
constexpr size_t kMaxNote = 512;

Error misuse(const char* why) {
  return Error{Code::internal, why, "exchange"};
}

std::string_view take_front(std::string_view& bytes, size_t most) {
  std::string_view front = bytes.substr(0, most);
  bytes.remove_prefix(front.size());
  return front;
}

}  // namespace

std::string_view ServerConnection::parameter(std::string_view name) const {
  for (const auto& [known, value] : match_.parameters) {
    if (known == name) return value;
  }
  return {};
}

Cancellation& ServerConnection::cancellation() {
  if (phase_ == Phase::exchange && !left_) {
    if (!watch_) watch_ = std::make_unique<PeerWatch>(*this);
    watch_->start();
  }
  return *cancellation_;
}

void ServerConnection::note(std::string_view key, std::string_view value) {
  if (note_.size() + key.size() + value.size() + 2 > kMaxNote) return;
  if (!note_.empty()) note_.push_back(' ');
  note_.append(key).append("=").append(value);
}

void ServerConnection::append_head(std::string& out, int status, const HeaderList& headers,
                                   std::optional<uint64_t> length) {
  bool chunked = request_.minor_version >= 1;
  if (shard_.draining || (!length && !chunked)) keep_alive_ = false;
  thread_local std::string extra;
  extra.clear();
  if (cors_) extra.append(cors_lines());
  if (!headers.has("x-request-id")) extra.append("x-request-id: ").append(request_id_).append("\r\n");
  if (request_.minor_version == 0 && keep_alive_) extra.append("connection: keep-alive\r\n");
  status_ = status;
  append_response_head(out, status, headers, length, keep_alive_, extra, chunked);
}

bool ServerConnection::sends_body() const {
  return request_.method != "HEAD" && status_ >= 200 && status_ != 204 && status_ != 304;
}

Task<void> ServerConnection::send(Response response) {
  if (answer_ != Answer::none) co_return log::error("exchange_misuse", {{"why", "answered twice"}});
  answer_ = Answer::done;
  OutputBuffer out;
  append_head(out.text(), response.status, response.headers, response.body.size());
  std::string_view body = sends_body() ? std::string_view(response.body) : std::string_view();
  if (body.size() <= kCopied) {
    out.text().append(body);
    body = {};
  }
  (void)co_await flush({{out.text(), body}});  // a failure has marked the connection
}

void ServerConnection::begin(int status, HeaderList headers) {
  if (answer_ != Answer::none) return log::error("exchange_misuse", {{"why", "begin after an answer"}});
  answer_ = Answer::begun;
  status_ = status;
  headers_ = std::move(headers);
}

Task<Result<void>> ServerConnection::write(std::string_view first, std::string_view second) {
  if (answer_ != Answer::begun && answer_ != Answer::streaming)
    co_return misuse("write before begin or after end");
  co_return co_await write_chunks(first, second, false);
}

Task<Result<void>> ServerConnection::end(std::string_view first, std::string_view second) {
  if (answer_ != Answer::begun && answer_ != Answer::streaming) co_return misuse("end before begin or twice");
  co_return co_await write_chunks(first, second, true);
}

// Head (when it is still kept back), chunks and the end, as few system calls as their sizes allow.
Task<Result<void>> ServerConnection::write_chunks(std::string_view first, std::string_view second,
                                                  bool last) {
  OutputBuffer out;
  std::string& text = out.text();
  if (answer_ == Answer::begun) {
    // A stream that ends with its first piece has a known length.
    const uint64_t size = first.size() + second.size();
    append_head(text, status_, headers_, last ? std::optional<uint64_t>(size) : std::nullopt);
    headers_ = {};
    plain_body_ = last || request_.minor_version == 0;
    answer_ = Answer::streaming;
  }
  if (!sends_body()) first = second = {};
  const bool chunked = !plain_body_ && sends_body();
  do {
    if (first.empty()) first = std::exchange(second, {});
    std::string_view piece = take_front(first, kChunkBytes);
    std::string_view rest = first.empty() ? take_front(second, kChunkBytes - piece.size()) : "";
    const bool over = first.empty() && second.empty();
    const bool has_chunk = chunked && !piece.empty();
    if (has_chunk) append_chunk_start(text, piece.size() + rest.size());
    // One TLS record holds it all; a plain socket takes it in pieces.
    if (piece.size() <= kCopied || stream_.is_tls()) text.append(std::exchange(piece, {}));
    const size_t before = text.size();
    text.append(rest);
    if (has_chunk) text.append(kChunkEnd);
    if (last && over) {
      if (chunked) text.append(kLastChunk);
      answer_ = Answer::done;
    }
    std::string_view written = text;
    CO_CHECK(co_await flush({{written.substr(0, before), piece, written.substr(before)}}));
    out.clear();
  } while (!first.empty() || !second.empty());
  co_return Result<void>();
}

Task<Result<void>> ServerConnection::write_raw(std::string_view bytes) {
  answer_ = Answer::raw;
  keep_alive_ = false;
  co_return co_await flush({{bytes}});
}

void ServerConnection::close_connection(bool with_reset) {
  answer_ = Answer::raw;
  keep_alive_ = false;
  if (with_reset) {
    stream_.reset();
  } else {
    stream_.close();
  }
}

// Nearly every write is taken by the socket at once; only then is there no wait and no deadline.
Task<Result<void>> ServerConnection::flush(net::Pieces pieces) {
  using Native = net::Stream::Native;
  Native& native = stream_.native();
  if (net::in_company(net::Step::write)) co_await net::keep_step(net::Step::write);
  while (pieces.bytes() > 0) {
    if (left_) co_return Error{Code::cancelled, "the client left", "exchange"};
    Result<size_t> sent = native.try_write(pieces);
    if (!sent.ok()) co_return write_failed();
    if (*sent == Native::kWouldBlock) {
      if (!write_deadline_armed_) write_deadline_.arm(core_.options.limits.write_timeout);
      write_deadline_armed_ = true;
      co_await native.wait_write();
      continue;
    }
    if (std::exchange(write_deadline_armed_, false)) write_deadline_.disarm();
    bytes_out_ += *sent;
    pieces.drop(*sent);
  }
  co_return Result<void>();
}

Error ServerConnection::write_failed() {
  if (std::exchange(write_deadline_armed_, false)) write_deadline_.disarm();
  client_left();
  return Error{Code::cancelled, "the client left", "exchange"};
}

// The client has taken nothing for the whole write timeout.
void ServerConnection::on_write_deadline() {
  stream_.reset();
  client_left();
}

void ServerConnection::client_left() {
  left_ = true;
  keep_alive_ = false;
  if (write_deadline_armed_) {  // a write that waits ends now, not at its deadline
    boost::system::error_code ignored;
    stream_.native().socket.cancel(ignored);
  }
  if (cancellation_) cancellation_->request();
}

}  // namespace valetkey::http
