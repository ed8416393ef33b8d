// What a protected resource says to a client whose token does not do: the WWW-Authenticate values of RFC 6750
// section 3, RFC 9728 section 5.1 and RFC 9449 section 7.1. Pure; any resource may use it, not only /mcp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace valetkey::faces::mcp {

struct Challenge {
  enum class Scheme { Bearer, DPoP };
  Scheme scheme = Scheme::Bearer;
  std::string resource_metadata;    // URL of the RFC 9728 document; empty: left out
  std::vector<std::string> scopes;  // all that the operation needs; empty: left out
  std::string error;                // empty: the request carried no token at all (RFC 6750 section 3.1)
  std::string error_description;    // plain ASCII; what a quoted string may not hold becomes a space
};

// "Bearer resource_metadata=\"...\", error=\"...\", ...": one challenge, fit for a header and for
// _meta["mcp/www_authenticate"]. Never holds CR, LF or an unescaped quote, whatever was put in.
std::string challenge_text(const Challenge& challenge);

// Where the metadata of a resource lie (RFC 9728 section 3.1): the well-known part goes between the authority
// and the path. Empty for what is no absolute http(s) URI.
std::string resource_metadata_url(std::string_view resource);

}  // namespace valetkey::faces::mcp
