// Parsing of heads: one pass, line by line, every line checked before the next is looked for.
#include <cstring>

#include "foundation/base/strings.h"
#include "foundation/http/h1.h"
#include "foundation/http/h1_chars.h"

namespace valetkey::http {
namespace {

// Takes lines off a buffer; knows which limit an unfinished one breaks.
class LineReader {
 public:
  enum class Outcome { line, incomplete, malformed };

  explicit LineReader(std::string_view buffer) : buffer_(buffer) {}

  // A line without its CRLF. A LF that no CR precedes is malformed (RFC 9112 section 2.2 would permit it; two
  // parsers would then read two different messages).
  Outcome next(std::string_view& line) {
    const char* from = buffer_.data() + position_;
    size_t left = buffer_.size() - position_;
    const void* found = left == 0 ? nullptr : std::memchr(from, '\n', left);
    if (found == nullptr) return Outcome::incomplete;
    auto length = static_cast<size_t>(static_cast<const char*>(found) - from);
    if (length == 0 || from[length - 1] != '\r') return Outcome::malformed;
    line = std::string_view(from, length - 1);
    position_ += length + 1;
    return Outcome::line;
  }

  size_t position() const { return position_; }
  size_t left() const { return buffer_.size() - position_; }
  void skip_empty_line() {
    if (buffer_.starts_with("\r\n")) position_ = 2;
  }

 private:
  std::string_view buffer_;
  size_t position_ = 0;
};

template <class Head>
void refuse(HeadParse<Head>& out, int status, const char* reason) {
  out.error = HeadError{status, reason};
}

// "HTTP/1.x" with exactly these characters.
std::optional<HeadError> parse_version(std::string_view text, int& minor) {
  bool shaped = text.size() == 8 && text.starts_with("HTTP/") && h1::is_digit(text[5]) && text[6] == '.' &&
                h1::is_digit(text[7]);
  if (!shaped) return HeadError{400, "malformed HTTP version"};
  if (text[5] != '1') return HeadError{505, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
  minor = text[7] == '0' ? 0 : 1;
  return std::nullopt;
}

bool is_known_target_form(std::string_view method, std::string_view target) {
  if (target.starts_with('/')) return true;
  if (target == "*") return method == "OPTIONS";
  return iequals(target.substr(0, 7), "http://") || iequals(target.substr(0, 8), "https://");
}

// RFC 9112 section 3.
std::optional<HeadError> parse_start_line(std::string_view line, RequestHead& head) {
  size_t method_end = line.find(' ');
  size_t target_end = line.rfind(' ');
  if (method_end == std::string_view::npos || target_end == method_end) {
    return HeadError{400, "malformed request line"};
  }
  head.method = line.substr(0, method_end);
  head.target = line.substr(method_end + 1, target_end - method_end - 1);
  if (!h1::is_token(head.method)) return HeadError{400, "malformed method"};
  if (head.target.empty() || !h1::is_target(head.target)) return HeadError{400, "malformed request target"};
  if (auto error = parse_version(line.substr(target_end + 1), head.minor_version)) return error;
  if (head.method == "CONNECT") return HeadError{501, "CONNECT is not implemented"};
  if (!is_known_target_form(head.method, head.target)) return HeadError{400, "malformed request target"};
  return std::nullopt;
}

// RFC 9112 section 4. The reason may be missing, with or without its space.
std::optional<HeadError> parse_start_line(std::string_view line, ResponseHead& head) {
  if (line.size() < 12 || line[8] != ' ') return HeadError{400, "malformed status line"};
  if (auto error = parse_version(line.substr(0, 8), head.minor_version)) return error;
  head.status = 0;
  for (char c : line.substr(9, 3)) {
    if (!h1::is_digit(c)) return HeadError{400, "malformed status code"};
    head.status = head.status * 10 + (c - '0');
  }
  bool good_end = line.size() == 12 || (line[12] == ' ' && h1::is_field_value(line.substr(13)));
  if (head.status < 100 || !good_end) return HeadError{400, "malformed status line"};
  return std::nullopt;
}

constexpr const char* kLineTooLong = "request line too long";
constexpr const char* kHeadTooLarge = "head too large";

template <class Head>
void refuse_if_over_limit(HeadParse<Head>& out, const LineReader& lines, const HeadLimits& limits,
                          bool in_start_line) {
  // An unfinished line may end in the CR of its line end.
  if (in_start_line && lines.left() > limits.line_bytes + 1) return refuse(out, 414, kLineTooLong);
  if (lines.position() + lines.left() >= limits.head_bytes) refuse(out, 431, kHeadTooLarge);
}

template <class Head>
void parse_head(std::string_view buffer, const HeadLimits& limits, HeadParse<Head>& out) {
  using Outcome = LineReader::Outcome;
  out.error.reset();
  out.consumed = 0;
  out.head.headers.clear();
  LineReader lines(buffer);
  lines.skip_empty_line();  // RFC 9112 section 2.2: what an old client appends to a body
  std::string_view line;
  for (bool in_start_line = true;; in_start_line = false) {
    Outcome outcome = lines.next(line);
    if (outcome == Outcome::malformed) return refuse(out, 400, "a line must end in CRLF");
    if (outcome == Outcome::incomplete) return refuse_if_over_limit(out, lines, limits, in_start_line);
    if (in_start_line) {
      if (line.size() > limits.line_bytes) return refuse(out, 414, kLineTooLong);
      out.error = parse_start_line(line, out.head);
      if (out.error) return;
      continue;
    }
    if (lines.position() > limits.head_bytes) return refuse(out, 431, kHeadTooLarge);
    if (line.empty()) break;
    if (out.head.headers.fields().size() == limits.header_count)
      return refuse(out, 431, "too many header fields");
    std::string_view name;
    std::string_view value;
    if (!h1::split_field(line, name, value)) return refuse(out, 400, "malformed header field");
    out.head.headers.add(name, value);
  }
  out.consumed = lines.position();
}

}  // namespace

void parse_request_head(std::string_view buffer, const HeadLimits& limits, HeadParse<RequestHead>& out) {
  parse_head(buffer, limits, out);
}

void parse_response_head(std::string_view buffer, const HeadLimits& limits, HeadParse<ResponseHead>& out) {
  parse_head(buffer, limits, out);
}

HeadParse<RequestHead> parse_request_head(std::string_view buffer, const HeadLimits& limits) {
  HeadParse<RequestHead> out;
  parse_head(buffer, limits, out);
  return out;
}

HeadParse<ResponseHead> parse_response_head(std::string_view buffer, const HeadLimits& limits) {
  HeadParse<ResponseHead> out;
  parse_head(buffer, limits, out);
  return out;
}

}  // namespace valetkey::http
