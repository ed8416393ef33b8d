// Request and response heads: no crash, views stay inside the input, and what is accepted is unambiguous.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "foundation/http/h1.h"

namespace {

using namespace valetkey::http;

void require(bool holds) {
  if (!holds) std::abort();
}

bool inside(std::string_view view, std::string_view whole) {
  return view.empty() ||
         (view.data() >= whole.data() && view.data() + view.size() <= whole.data() + whole.size());
}

void check_fields(const Headers& headers, std::string_view text) {
  for (const HeaderView& field : headers.fields()) {
    require(!field.name.empty() && inside(field.name, text) && inside(field.value, text));
    require(field.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
  }
}

void check_request(std::string_view text, const HeadLimits& limits) {
  auto parsed = parse_request_head(text, limits);
  require(parsed.consumed <= text.size() && parsed.consumed <= limits.head_bytes);
  if (parsed.error) return require(parsed.error->status >= 400 && parsed.consumed == 0);
  if (parsed.consumed == 0) return;
  require(inside(parsed.head.method, text) && inside(parsed.head.target, text));
  check_fields(parsed.head.headers, text);
  // A prefix is never a whole head, so no two readers cut differently.
  require(parse_request_head(text.substr(0, parsed.consumed - 1), limits).consumed == 0);
  Framing framing;
  if (request_framing(parsed.head, framing)) return;
  bool both = parsed.head.headers.has("content-length") && parsed.head.headers.has("transfer-encoding");
  require(!both && parsed.head.headers.count("content-length") <= 1 &&
          parsed.head.headers.count("host") <= 1);
}

void check_response(std::string_view text, const HeadLimits& limits) {
  auto parsed = parse_response_head(text, limits);
  require(parsed.consumed <= text.size());
  if (parsed.error || parsed.consumed == 0) return;
  check_fields(parsed.head.headers, text);
  (void)response_framing(parsed.head, "GET").ok();
  (void)response_framing(parsed.head, "HEAD").ok();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  check_request(text, HeadLimits{});
  check_request(text, HeadLimits{.line_bytes = 30, .head_bytes = 100, .header_count = 3});
  check_response(text, HeadLimits{});
  return 0;
}
