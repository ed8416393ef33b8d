// A form that is accepted encodes to one that decodes to the same fields; percent coding is its own inverse.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "foundation/http/url.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace valetkey::http;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (percent_decode(percent_encode(text)) != text) std::abort();
  auto form = decode_form(text);
  if (!form.ok()) return 0;
  if (form->size() > 256) std::abort();
  auto again = decode_form(encode_form(*form));
  if (!again.ok() || *again != *form) std::abort();
  return 0;
}
