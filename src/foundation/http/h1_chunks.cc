// The chunked transfer coding, RFC 9112 section 7.1.
#include <cstring>

#include "foundation/http/h1.h"
#include "foundation/http/h1_chars.h"

namespace valetkey::http {
namespace {

constexpr uint64_t kMaxChunk = uint64_t{1} << 56;

Error broken(const char* why) {
  return Error{Code::protocol, why, "chunks"};
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// "1a" or "1a;name=value". Space around the size is refused: old parsers disagree about it.
Result<uint64_t> parse_size_line(std::string_view line) {
  uint64_t size = 0;
  size_t digits = 0;
  for (; digits < line.size() && hex_value(line[digits]) >= 0; ++digits) {
    size = size * 16 + static_cast<uint64_t>(hex_value(line[digits]));
    if (size > kMaxChunk) return broken("chunk size overflows");
  }
  if (digits == 0) return broken("malformed chunk size");
  std::string_view extension = line.substr(digits);
  if (!extension.empty() && extension.front() != ';') return broken("malformed chunk size");
  if (!h1::is_field_value(extension)) return broken("malformed chunk extension");
  return size;
}

}  // namespace

// A line without its CRLF: in `input`, or joined in line_ when it came in pieces. Nothing while it is
// unfinished.
Result<std::optional<std::string_view>> ChunkDecoder::take_line(std::string_view& input, size_t max_bytes) {
  const void* found = input.empty() ? nullptr : std::memchr(input.data(), '\n', input.size());
  size_t taken =
      found == nullptr ? input.size() : static_cast<size_t>(static_cast<const char*>(found) - input.data());
  std::string_view line = input.substr(0, taken);
  if (line_.size() + line.size() > max_bytes + 1) return broken("chunk line too long");
  if (found == nullptr) {
    line_.append(line);
    input = {};
    return std::optional<std::string_view>();
  }
  input.remove_prefix(taken + 1);
  if (!line_.empty()) {
    line_.append(line);
    line = line_;
  }
  if (line.empty() || line.back() != '\r') return broken("a line must end in CRLF");
  line.remove_suffix(1);
  return std::optional<std::string_view>(line);
}

Result<void> ChunkDecoder::read_size(std::string_view& input) {
  VK_TRY(std::optional<std::string_view> line, take_line(input, kMaxChunkLine));
  if (!line) return {};
  VK_TRY(remaining_, parse_size_line(*line));
  line_.clear();
  state_ = remaining_ > 0 ? State::data : State::trailer;
  return {};
}

Result<void> ChunkDecoder::read_data_end(std::string_view& input) {
  while (!input.empty() && state_ == State::data_end) {
    if (input.front() != (line_.empty() ? '\r' : '\n')) return broken("chunk data must end in CRLF");
    if (line_.empty()) {
      line_.push_back('\r');
    } else {
      line_.clear();
      state_ = State::size;
    }
    input.remove_prefix(1);
  }
  return {};
}

// Trailer fields are checked and dropped. The limit counts every line with its CRLF.
Result<void> ChunkDecoder::read_trailer(std::string_view& input) {
  if (trailer_bytes_ + 2 > kMaxTrailerBytes) return broken("trailers too long");
  VK_TRY(std::optional<std::string_view> line, take_line(input, kMaxTrailerBytes - trailer_bytes_ - 2));
  if (!line) return {};
  trailer_bytes_ += line->size() + 2;
  std::string_view name;
  std::string_view value;
  if (line->empty()) {
    state_ = State::done;
  } else if (!h1::split_field(*line, name, value)) {
    return broken("malformed trailer");
  }
  line_.clear();
  return {};
}

Result<std::string_view> ChunkDecoder::next(std::string_view& input) {
  while (!input.empty() && state_ != State::done) {
    switch (state_) {
      case State::size:
        VK_CHECK(read_size(input));
        break;
      case State::data: {
        std::string_view piece = input.substr(0, remaining_);
        input.remove_prefix(piece.size());
        remaining_ -= piece.size();
        if (remaining_ == 0) state_ = State::data_end;
        return piece;
      }
      case State::data_end:
        VK_CHECK(read_data_end(input));
        break;
      case State::trailer:
        VK_CHECK(read_trailer(input));
        break;
      case State::done:
        break;
    }
  }
  return std::string_view();
}

}  // namespace valetkey::http
