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

constexpr size_t kCopiedBody = 8 * 1024;   // a smaller body is copied behind its head
constexpr size_t kChunkBytes = 16 * 1024;  // a larger piece goes out in several chunks
constexpr size_t kMaxNote = 512;

Error misuse(const char* why) {
  return Error{Code::internal, why, "exchange"};
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
  if (body.size() <= kCopiedBody) {
    out.text().append(body);
    body = {};
  }
  (void)co_await flush(out.text(), body);  // a failure has marked the connection
}

void ServerConnection::begin(int status, HeaderList headers) {
  if (answer_ != Answer::none) return log::error("exchange_misuse", {{"why", "begin after an answer"}});
  answer_ = Answer::begun;
  status_ = status;
  headers_ = std::move(headers);
}

Task<Result<void>> ServerConnection::write(std::string_view data) {
  if (answer_ != Answer::begun && answer_ != Answer::streaming)
    co_return misuse("write before begin or after end");
  co_return co_await write_chunks(data, false);
}

Task<Result<void>> ServerConnection::end(std::string_view last_data) {
  if (answer_ != Answer::begun && answer_ != Answer::streaming) co_return misuse("end before begin or twice");
  co_return co_await write_chunks(last_data, true);
}

// Head (when it is still kept back), chunks and the end, as few system calls as their sizes allow.
Task<Result<void>> ServerConnection::write_chunks(std::string_view data, bool last) {
  OutputBuffer out;
  if (answer_ == Answer::begun) {
    // A stream that ends with its first piece has a known length.
    append_head(out.text(), status_, headers_, last ? std::optional<uint64_t>(data.size()) : std::nullopt);
    headers_ = {};
    plain_body_ = last || request_.minor_version == 0;
    answer_ = Answer::streaming;
  }
  if (!sends_body()) data = {};
  do {
    std::string_view piece = data.substr(0, kChunkBytes);
    data.remove_prefix(piece.size());
    std::string_view uncopied;
    if (plain_body_ && last && data.empty() && piece.size() > kCopiedBody) {
      uncopied = piece;
    } else if (plain_body_) {
      out.text().append(piece);
    } else {
      append_chunk(out.text(), piece);
    }
    if (last && data.empty()) {
      if (!plain_body_ && sends_body()) out.text().append(kLastChunk);
      answer_ = Answer::done;
    }
    CO_CHECK(co_await flush(out.text(), uncopied));
    out.clear();
  } while (!data.empty());
  co_return Result<void>();
}

Task<Result<void>> ServerConnection::write_raw(std::string_view bytes) {
  answer_ = Answer::raw;
  keep_alive_ = false;
  co_return co_await flush(bytes);
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
Task<Result<void>> ServerConnection::flush(std::string_view first, std::string_view second) {
  using Native = net::Stream::Native;
  Native& native = stream_.native();
  if (net::in_company(net::Step::write)) co_await net::keep_step(net::Step::write);
  while (!first.empty() || !second.empty()) {
    if (left_) co_return Error{Code::cancelled, "the client left", "exchange"};
    Result<size_t> sent = native.try_write(first, second);
    if (!sent.ok()) co_return write_failed();
    if (*sent == Native::kWouldBlock) {
      if (!write_deadline_armed_) write_deadline_.arm(core_.options.limits.write_timeout);
      write_deadline_armed_ = true;
      co_await native.wait_write();
      continue;
    }
    if (std::exchange(write_deadline_armed_, false)) write_deadline_.disarm();
    bytes_out_ += *sent;
    size_t of_first = std::min(*sent, first.size());
    first.remove_prefix(of_first);
    second.remove_prefix(*sent - of_first);
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
