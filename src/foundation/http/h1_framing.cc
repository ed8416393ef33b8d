// How long a message's body is (RFC 9112 section 6) and whether the connection lives on (section 9.3).
#include "foundation/base/strings.h"
#include "foundation/http/h1.h"
#include "foundation/http/h1_chars.h"

namespace valetkey::http {
namespace {

// What framing needs of a header list, collected in one pass.
struct FramingFields {
  size_t lengths = 0;
  bool lengths_differ = false;
  std::string_view length;
  size_t encodings = 0;
  std::string_view encoding;
  size_t hosts = 0;
  std::string_view host;
  std::string_view expect;
  bool close = false;
  bool keep_alive = false;
};

void read_connection_tokens(std::string_view value, FramingFields& fields) {
  while (!value.empty()) {
    size_t comma = value.find(',');
    std::string_view token = h1::trim_ows(value.substr(0, comma));
    if (iequals(token, "close")) fields.close = true;
    if (iequals(token, "keep-alive")) fields.keep_alive = true;
    if (comma == std::string_view::npos) return;
    value.remove_prefix(comma + 1);
  }
}

FramingFields read_fields(const Headers& headers) {
  FramingFields fields;
  for (const HeaderView& field : headers.fields()) {
    switch (field.name.size()) {  // spares most comparisons
      case 4:
        if (iequals(field.name, "host")) {
          ++fields.hosts;
          fields.host = field.value;
        }
        break;
      case 6:
        if (iequals(field.name, "expect")) fields.expect = field.value;
        break;
      case 10:
        if (iequals(field.name, "connection")) read_connection_tokens(field.value, fields);
        break;
      case 14:
        if (iequals(field.name, "content-length")) {
          if (fields.lengths++ > 0 && fields.length != field.value) fields.lengths_differ = true;
          fields.length = field.value;
        }
        break;
      case 17:
        if (iequals(field.name, "transfer-encoding")) {
          ++fields.encodings;
          fields.encoding = field.value;
        }
        break;
      default:
        break;
    }
  }
  return fields;
}

// Digits only; std::from_chars underneath refuses what does not fit.
std::optional<uint64_t> parse_length(std::string_view text) {
  std::optional<int64_t> value = parse_decimal(text);
  if (!value) return std::nullopt;
  return static_cast<uint64_t>(*value);
}

bool keeps_alive(int minor_version, const FramingFields& fields) {
  if (fields.close) return false;
  return minor_version >= 1 || fields.keep_alive;
}

// host[:port], nothing that could end or extend an authority.
bool is_host(std::string_view text) {
  if (text.empty()) return false;
  for (char c : text) {
    bool ends_authority = c == '/' || c == '?' || c == '#' || c == '@' || c == '\\' || c == ',';
    if (c <= ' ' || c >= 0x7f || ends_authority) return false;
  }
  return true;
}

// The authority of an absolute-form target; empty for the other forms.
std::string_view target_authority(std::string_view target) {
  if (target.starts_with('/') || target == "*") return {};
  size_t start = target.find("://") + 3;
  return target.substr(start, target.find_first_of("/?", start) - start);
}

std::optional<HeadError> check_host(const RequestHead& head, const FramingFields& fields) {
  if (fields.hosts > 1) return HeadError{400, "more than one Host"};
  if (fields.hosts == 0 && head.minor_version >= 1) return HeadError{400, "Host is missing"};
  if (fields.hosts == 1 && !is_host(fields.host)) return HeadError{400, "malformed Host"};
  std::string_view authority = target_authority(head.target);
  bool absolute = !head.target.starts_with('/') && head.target != "*";
  if (absolute && !is_host(authority)) return HeadError{400, "malformed request target"};
  // RFC 9112 section 3.2.2 lets the target win; whoever looks at Host would then see another site.
  if (absolute && fields.hosts == 1 && !iequals(authority, fields.host)) {
    return HeadError{400, "Host differs from the request target"};
  }
  return std::nullopt;
}

std::optional<HeadError> check_request_coding(const RequestHead& head, const FramingFields& fields) {
  if (head.minor_version == 0) return HeadError{400, "Transfer-Encoding in HTTP/1.0"};
  if (fields.lengths > 0) return HeadError{400, "both Content-Length and Transfer-Encoding"};
  if (fields.encodings > 1) return HeadError{400, "more than one Transfer-Encoding"};
  if (iequals(fields.encoding, "chunked")) return std::nullopt;
  size_t comma = fields.encoding.rfind(',');
  bool ends_in_chunked = comma != std::string_view::npos &&
                         iequals(h1::trim_ows(fields.encoding.substr(comma + 1)), "chunked") &&
                         to_lower(fields.encoding.substr(0, comma)).find("chunked") == std::string::npos;
  if (ends_in_chunked) return HeadError{501, "only the chunked transfer coding is implemented"};
  return HeadError{400, "malformed Transfer-Encoding"};
}

}  // namespace

std::optional<HeadError> request_framing(const RequestHead& head, Framing& framing) {
  framing = Framing{};
  FramingFields fields = read_fields(head.headers);
  framing.keep_alive = keeps_alive(head.minor_version, fields);
  if (auto error = check_host(head, fields)) return error;
  if (fields.encodings > 0) {
    if (auto error = check_request_coding(head, fields)) return error;
    framing.kind = Framing::Kind::chunked;
  } else if (fields.lengths > 0) {
    std::optional<uint64_t> length = parse_length(fields.length);
    if (fields.lengths > 1 || !length) return HeadError{400, "malformed Content-Length"};
    framing.length = *length;
    framing.kind = *length > 0 ? Framing::Kind::length : Framing::Kind::none;
  }
  if (!fields.expect.empty() && head.minor_version >= 1) {
    if (!iequals(fields.expect, "100-continue")) return HeadError{417, "unknown expectation"};
    framing.expects_continue = framing.kind != Framing::Kind::none;
  }
  return std::nullopt;
}

Result<Framing> response_framing(const ResponseHead& head, std::string_view method) {
  auto refuse = [](const char* why) { return Error{Code::protocol, why, "response_framing"}; };
  Framing framing;
  FramingFields fields = read_fields(head.headers);
  framing.keep_alive = keeps_alive(head.minor_version, fields);
  if (fields.encodings > 0) {
    bool plain_chunked = fields.encodings == 1 && iequals(fields.encoding, "chunked");
    if (!plain_chunked) return refuse("transfer coding other than chunked");
    if (fields.lengths > 0) return refuse("both Content-Length and Transfer-Encoding");
    if (head.minor_version == 0) return refuse("Transfer-Encoding in HTTP/1.0");
  }
  std::optional<uint64_t> length = parse_length(fields.length);
  if (fields.lengths > 0 && (!length || fields.lengths_differ)) return refuse("malformed Content-Length");

  bool bodiless = method == "HEAD" || head.status < 200 || head.status == 204 || head.status == 304;
  if (bodiless) return framing;
  if (fields.encodings > 0) {
    framing.kind = Framing::Kind::chunked;
  } else if (length) {
    framing.length = *length;
    framing.kind = *length > 0 ? Framing::Kind::length : Framing::Kind::none;
  } else {
    framing.kind = Framing::Kind::until_close;
    framing.keep_alive = false;
  }
  return framing;
}

}  // namespace valetkey::http
