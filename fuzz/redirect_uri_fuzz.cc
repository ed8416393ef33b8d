// A redirect URI that may be registered is one that a browser and we read alike, and fits itself; nothing
// that differs from it in more than a loopback's port does.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "domain/apps/client.h"
#include "foundation/http/url.h"

namespace {

using namespace valetkey;

void require(bool holds) {
  if (!holds) std::abort();
}

std::string without_port(std::string_view uri) {
  auto url = http::parse_url(uri);
  require(url.ok());
  std::string_view rest = uri.substr(uri.find("://") + 3);
  size_t path = rest.find_first_of("/?");
  return url->host + " " + std::string(path == std::string_view::npos ? "" : rest.substr(path));
}

}  // namespace

// The input is a registered URI and an asked one, with a line feed between them.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string_view registered = text.substr(0, text.find('\n'));
  std::string_view asked = text.substr(std::min(registered.size() + 1, text.size()));
  if (!apps::check_redirect_uri(registered, apps::ApplicationType::native).ok()) return 0;
  for (char c : registered)
    require(c > ' ' && c < 127 && c != '#' && c != '\\' && c != '*' && c != '"' && c != '<');
  require(!registered.starts_with("javascript:") && !registered.starts_with("data:"));

  apps::Client client;
  client.redirect_uris = {std::string(registered)};
  require(apps::redirect_uri_fits(client, registered));
  bool loopback = apps::is_loopback_redirect(registered);
  if (registered.starts_with("http:")) require(loopback);
  if (loopback || registered.starts_with("https:")) require(http::parse_url(registered).ok());
  if (loopback) {
    auto url = http::parse_url(registered);
    require(url->host == "127.0.0.1" || url->host == "::1" || url->host == "localhost");
  }
  if (!apps::redirect_uri_fits(client, asked)) return 0;
  require(asked == registered || (loopback && apps::is_loopback_redirect(asked)));
  if (loopback && asked != registered) require(without_port(asked) == without_port(registered));
  return 0;
}
