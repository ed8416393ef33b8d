#include "foundation/http/client/response.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "foundation/base/strings.h"
#include "foundation/net/turn.h"

namespace valetkey::http {
namespace {

constexpr size_t kMaxHeaderFields = 256;
constexpr unsigned kMaxInterimHeads = 16;
constexpr size_t kWatchFrom = 64 * 1024;     // a longer request may be answered before it is sent
constexpr Millis kGraceForAnswer = kSecond;  // for a head that was on its way when writing failed

Error error_of(Code code, const char* detail) {
  return Error{code, detail, "http_client"};
}

// Whether a head may be complete: an empty line, however it is ended. Looks at what is new only.
bool may_be_complete(std::string_view text, size_t old_size) {
  size_t from = old_size > 3 ? old_size - 3 : 0;
  for (size_t at = text.find('\n', from); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    std::string_view rest = text.substr(at + 1);
    if (rest.starts_with('\n') || rest.starts_with("\r\n")) return true;
  }
  return false;
}

}  // namespace

PooledResponse::PooledResponse(std::shared_ptr<Pool> pool, std::unique_ptr<Connection> connection,
                               Cancellation& cancellation)
    : pool_(std::move(pool)), connection_(std::move(connection)) {
  on_cancel_.emplace(cancellation, [lease = connection_.get()] { lease->stream().close(); });
}

// An unread rest means an upstream that still works for nobody: closing is how it is told.
PooledResponse::~PooledResponse() {
  on_cancel_.reset();
}

Task<Result<void>> PooledResponse::start(const OutgoingHead& head, std::string_view body,
                                         std::string_view method, Millis patience) {
  bool long_request = body.size() > kWatchFrom;
  auto written = co_await connection_->write(head.before(body), pool_->limits().idle_timeout, long_request);
  if (!written.ok() && written.error().code != Code::disconnected) co_return fail(std::move(written).error());
  if (!written.ok()) {
    reusable_ = false;  // the rest of the request was never sent
    patience = std::min(patience, kGraceForAnswer);
  }
  auto answered = co_await read_head(method, coarse_steady_millis() + patience);
  if (answered.ok()) co_return answered;
  bool was_cancelled = answered.error().code == Code::cancelled;
  co_return fail(written.ok() || was_cancelled ? std::move(answered).error() : std::move(written).error());
}

Task<Result<void>> PooledResponse::read_head(std::string_view method, Millis until) {
  size_t looked_at = 0;
  for (;;) {
    if (end_ == block_.capacity() && end_ > 0) {
      if (end_ > pool_->limits().head_bytes) co_return error_of(Code::protocol, "head too large");
      block_.grow(block_.capacity() * 2, end_);
    }
    CO_TRY(size_t got, co_await connection_->fill(block_, end_, until));
    if (got == 0) co_return error_of(Code::disconnected, "closed before the answer");
    if (net::in_company(net::Step::answer)) co_await net::keep_step(net::Step::answer);
    end_ += got;
    bool first_bytes = !std::exchange(saw_bytes_, true);
    if (!first_bytes && end_ <= pool_->limits().head_bytes &&
        !may_be_complete(block_.view(0, end_), looked_at)) {
      looked_at = end_;
      continue;
    }
    CO_TRY(bool complete, try_head(method));
    if (complete) co_return Result<void>();
    looked_at = end_;
  }
}

// False: more bytes are needed. 1xx heads are dropped on the way (RFC 9110 section 15.2).
Result<bool> PooledResponse::try_head(std::string_view method) {
  HeadLimits limits;
  limits.head_bytes = pool_->limits().head_bytes;
  limits.header_count = kMaxHeaderFields;
  for (;;) {
    auto parsed = parse_response_head(block_.view(0, end_), limits);
    if (parsed.error) return Error{Code::protocol, parsed.error->reason, "http_client"};
    if (parsed.consumed == 0) return false;
    if (parsed.head.status == 101) return error_of(Code::protocol, "switched protocols unasked");
    if (parsed.head.status >= 200) {
      begin_ = parsed.consumed;
      VK_CHECK(accept_head(parsed.head, method));
      return true;
    }
    if (++interim_heads_ > kMaxInterimHeads) return error_of(Code::protocol, "too many interim answers");
    end_ -= parsed.consumed;
    std::memmove(block_.data(), block_.data() + parsed.consumed, end_);
  }
}

Result<void> PooledResponse::accept_head(const ResponseHead& head, std::string_view method) {
  VK_TRY(framing_, response_framing(head, method));
  VK_TRY(decoder_, ContentDecoder::make(head.headers.get("content-encoding")));
  status_ = head.status;
  remaining_ = framing_.length;
  keep_head(head.headers, begin_);
  idle_until_ = coarse_steady_millis() + pool_->limits().idle_timeout;
  if (framing_.kind == Framing::Kind::none) end_of_body();
  return {};
}

// The head moves out of the block, which is soon used for the body. What describes the coded form goes away
// with it.
void PooledResponse::keep_head(const Headers& headers, size_t size) {
  head_.assign(block_.view(0, size));
  auto moved = [this](std::string_view view) {
    if (view.empty()) return std::string_view();
    return std::string_view(head_).substr(static_cast<size_t>(view.data() - block_.data()), view.size());
  };
  headers_.reserve(headers.fields().size());
  for (const HeaderView& field : headers.fields()) {
    bool of_coded_form =
        decoder_ && (iequals(field.name, "content-encoding") || iequals(field.name, "content-length"));
    if (!of_coded_form) headers_.add(moved(field.name), moved(field.value));
  }
}

Task<Result<std::string_view>> PooledResponse::read(Millis patience) {
  for (;;) {
    if (failure_) co_return *failure_;
    if (connection_ && !connection_->stream().is_open()) {
      co_return fail(error_of(Code::cancelled, "connection closed"));
    }
    auto piece = decoder_ ? take_decoded() : take_body();
    if (!piece.ok()) co_return fail(std::move(piece).error());
    if (!piece->empty()) co_return *piece;
    if (complete_) {
      block_.release();
      co_return std::string_view();
    }
    CO_CHECK(co_await fill(patience));
  }
}

// More raw input. Everything that was in the block has been used.
Task<Result<void>> PooledResponse::fill(Millis patience) {
  begin_ = end_ = 0;
  block_.release();
  Millis until = idle_until_;
  if (patience > 0) until = std::min(until, coarse_steady_millis() + patience);
  auto got = co_await connection_->fill(block_, 0, until);
  if (!got.ok()) {
    bool only_patience = got.error().code == Code::timeout && until < idle_until_;
    if (only_patience) co_return std::move(got).error();
    co_return fail(std::move(got).error());
  }
  if (*got == 0) {
    if (framing_.kind != Framing::Kind::until_close) {
      co_return fail(error_of(Code::disconnected, "body cut short"));
    }
    end_of_body();
    co_return Result<void>();
  }
  end_ = *got;
  idle_until_ = coarse_steady_millis() + pool_->limits().idle_timeout;
  co_return Result<void>();
}

Result<std::string_view> PooledResponse::take_decoded() {
  for (;;) {
    VK_TRY(std::string_view decoded, decoder_->next());
    if (!decoded.empty()) return decoded;
    VK_TRY(std::string_view coded, take_body());
    if (coded.empty()) break;
    decoder_->feed(coded);
  }
  if (complete_ && !decoder_->complete()) return error_of(Code::disconnected, "compressed body cut short");
  return std::string_view();
}

// What is left in the block, framing removed; empty when the block is used up.
Result<std::string_view> PooledResponse::take_body() {
  if (complete_ || begin_ == end_) return std::string_view();
  if (framing_.kind == Framing::Kind::chunked) return take_chunks();
  size_t size = end_ - begin_;
  if (framing_.kind == Framing::Kind::length)
    size = static_cast<size_t>(std::min<uint64_t>(size, remaining_));
  std::string_view piece = block_.view(begin_, begin_ + size);
  begin_ += size;
  remaining_ -= framing_.kind == Framing::Kind::length ? size : 0;
  if (framing_.kind == Framing::Kind::length && remaining_ == 0) end_of_body();
  return piece;
}

// All chunks of the block are moved together, so that a burst of small chunks is one piece for the reader.
Result<std::string_view> PooledResponse::take_chunks() {
  std::string_view input = block_.view(begin_, end_);
  size_t first = begin_;
  size_t joined = begin_;
  while (!input.empty() && !chunks_.done()) {
    VK_TRY(std::string_view chunk, chunks_.next(input));
    if (chunk.empty()) continue;
    auto at = static_cast<size_t>(chunk.data() - block_.data());
    if (joined == first) {
      first = joined = at;
    } else if (at != joined) {
      std::memmove(block_.data() + joined, chunk.data(), chunk.size());
    }
    joined += chunk.size();
  }
  begin_ = end_ - input.size();
  std::string_view piece = block_.view(first, joined);
  if (chunks_.done()) end_of_body();
  return piece;
}

// The connection goes back, unless it said it closes or sent more than it announced.
void PooledResponse::end_of_body() {
  complete_ = true;
  on_cancel_.reset();
  if (!connection_) return;
  if (reusable_ && framing_.keep_alive && begin_ == end_) pool_->give_back(std::move(connection_));
  connection_.reset();
}

Error PooledResponse::fail(Error error) {
  failure_ = error;
  on_cancel_.reset();
  if (connection_) connection_->stream().close();
  connection_.reset();
  return error;
}

}  // namespace valetkey::http
