#include "faces/mcp/challenge.h"

namespace valetkey::faces::mcp {
namespace {

constexpr std::string_view kWellKnown = "/.well-known/oauth-protected-resource";
constexpr std::string_view kDpopAlgorithms = "ES256 RS256 EdDSA";

// RFC 6750 section 3: %x20-21 / %x23-5B / %x5D-7E, so nothing is there to escape.
std::string quotable(std::string_view text) {
  std::string kept(text);
  for (char& c : kept) {
    if (c < 0x20 || c > 0x7e || c == '"' || c == '\\') c = ' ';
  }
  return kept;
}

std::string joined(const std::vector<std::string>& scopes) {
  std::string text;
  for (const std::string& scope : scopes) {
    if (!text.empty()) text += ' ';
    text += scope;
  }
  return text;
}

void add_parameter(std::string& text, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  text.append(text.back() == ' ' ? "" : ", ").append(name).append("=\"").append(quotable(value)).append("\"");
}

}  // namespace

std::string challenge_text(const Challenge& challenge) {
  bool dpop = challenge.scheme == Challenge::Scheme::DPoP;
  std::string text = dpop ? "DPoP " : "Bearer ";
  add_parameter(text, "resource_metadata", challenge.resource_metadata);
  if (dpop) add_parameter(text, "algs", kDpopAlgorithms);
  add_parameter(text, "error", challenge.error);
  add_parameter(text, "scope", joined(challenge.scopes));
  add_parameter(text, "error_description", challenge.error_description);
  if (text.back() == ' ') text.pop_back();
  return text;
}

std::string resource_metadata_url(std::string_view resource) {
  size_t scheme = resource.starts_with("https://") ? 8 : resource.starts_with("http://") ? 7 : 0;
  if (scheme == 0) return {};
  size_t path = resource.find_first_of("/?", scheme);
  if (path == scheme || resource.size() == scheme) return {};
  std::string url(resource.substr(0, path));
  url += kWellKnown;
  if (path == std::string_view::npos) return url;
  std::string_view rest = resource.substr(path);
  if (rest != "/") url += rest;
  return url;
}

}  // namespace valetkey::faces::mcp
