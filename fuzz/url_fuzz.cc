// A URL that is accepted survives being put together and parsed again, and holds nothing that could leave its
// place in a request.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "foundation/http/url.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace valetkey::http;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto url = parse_url(text);
  if (!url.ok()) return 0;
  require(url->scheme == "http" || url->scheme == "https");
  require(!url->host.empty() && url->port != 0 && url->target.starts_with('/'));
  for (const std::string& part : {url->host, url->target}) {
    for (char c : part) require(c > ' ' && c < 127 && c != '#' && c != '\\');
  }
  require(url->host.find_first_of("@/?[]%") == std::string::npos);
  auto again = parse_url(url->origin() + url->target);
  require(again.ok());
  require(again->scheme == url->scheme && again->host == url->host && again->port == url->port &&
          again->target == url->target);
  return 0;
}
