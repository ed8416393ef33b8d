// HTTP/1.1 on the wire (RFC 9112), both directions: strict, without I/O, views into the caller's buffer.
// Refused: bare LF or CR, obs-fold, space before the colon, CL with TE, several differing or malformed CL, TE
// other than exactly "chunked", control characters, anything that two parsers could read differently.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "foundation/base/result.h"
#include "foundation/http/message.h"

namespace valetkey::http {

struct HeadLimits {
  size_t line_bytes = 16 * 1024;  // request line; over it: 414
  size_t head_bytes = 64 * 1024;  // the whole head; over it: 431
  size_t header_count = 100;      // over it: 431
};
constexpr size_t kMaxChunkLine = 256;  // size and extensions of one chunk
constexpr size_t kMaxTrailerBytes = 8192;

// Why a head was refused, as the status a server answers with.
struct HeadError {
  int status = 400;  // 400 414 417 431 501 505
  const char* reason = "";
};

template <class Head>
struct HeadParse {
  std::optional<HeadError> error;
  size_t consumed = 0;  // 0 = the head is not complete yet
  Head head;
};

struct RequestHead {
  std::string_view method;
  std::string_view target;
  int minor_version = 1;
  Headers headers;
};
struct ResponseHead {
  int status = 0;
  int minor_version = 1;
  Headers headers;
};

HeadParse<RequestHead> parse_request_head(std::string_view buffer, const HeadLimits& limits);
HeadParse<ResponseHead> parse_response_head(std::string_view buffer, const HeadLimits& limits);
// The same into a result that is used again, which keeps the memory of its header list.
void parse_request_head(std::string_view buffer, const HeadLimits& limits, HeadParse<RequestHead>& out);
void parse_response_head(std::string_view buffer, const HeadLimits& limits, HeadParse<ResponseHead>& out);

struct Framing {
  enum class Kind { none, length, chunked, until_close };
  Kind kind = Kind::none;
  uint64_t length = 0;
  bool keep_alive = true;
  bool expects_continue = false;  // requests: Expect: 100-continue
};
// RFC 9112 section 6. Missing or repeated Host in HTTP/1.1 is an error too, and an expectation other than
// 100-continue (417).
std::optional<HeadError> request_framing(const RequestHead& head, Framing& framing);
// `method` is the request's. Code::protocol when the framing is ambiguous.
Result<Framing> response_framing(const ResponseHead& head, std::string_view method);

// Removes chunked framing. Feed it what was read; it takes bytes off `input` and hands out views into it.
class ChunkDecoder {
 public:
  // The next piece of body in `input` (advanced past what was used). Empty view: input is used up, or done().
  // Code::protocol on bad framing.
  Result<std::string_view> next(std::string_view& input);
  bool done() const { return state_ == State::done; }

 private:
  enum class State { size, data, data_end, trailer, done };
  Result<std::optional<std::string_view>> take_line(std::string_view& input, size_t max_bytes);
  Result<void> read_size(std::string_view& input);
  Result<void> read_data_end(std::string_view& input);
  Result<void> read_trailer(std::string_view& input);

  State state_ = State::size;
  uint64_t remaining_ = 0;
  std::string line_;  // an unfinished size or trailer line, or the CR after a chunk's data
  size_t trailer_bytes_ = 0;
};

// Appends a response head. Adds Date (cached per second), Connection when not keep-alive, and the framing: a
// Content-Length, or Transfer-Encoding: chunked when `length` is nothing (neither for 1xx, 204, 304). Left
// out of `headers`: a field with CR, LF or NUL, and those that are written here. `extra_headers` are whole
// lines with CRLF. `chunked` = false: a body without length ends with the connection, for HTTP/1.0 clients.
void append_response_head(std::string& out, int status, const HeaderList& headers,
                          std::optional<uint64_t> length, bool keep_alive,
                          std::string_view extra_headers = {}, bool chunked = true);
// Appends one chunk (nothing for an empty piece), or what stands before `size` bytes of one (at least 1).
void append_chunk(std::string& out, std::string_view data);
void append_chunk_start(std::string& out, size_t size);
constexpr std::string_view kChunkEnd = "\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace valetkey::http
