// Whose request it is: reads the Authorization header, proves DPoP, and words the refusals of a protected
// resource.
#pragma once

#include <optional>
#include <variant>

#include "faces/mcp/challenge.h"
#include "faces/mcp/mcp.h"

namespace valetkey::faces::mcp {

struct Anonymous {};

// Why a presented token does not do, or why it could not be judged.
struct Refusal {
  enum class Kind { malformed, invalid_token, use_dpop_nonce, unavailable };
  Kind kind = Kind::invalid_token;
  bool dpop = false;        // the client spoke DPoP, or must
  std::string description;  // may be shown
  std::string nonce;        // DPoP-Nonce
};

using Access = std::variant<authorization::AccessToken, Anonymous, Refusal>;

// RFC 6750 section 2.1 and RFC 9449 section 7.1. Tokens in the query or the body are not looked at.
Task<Access> read_access(const Mcp& face, http::Exchange& exchange);

// 401 to who brought no token. `body` is JSON.
http::Response ask_for_token(const Mcp& face, std::string body);
// 400, 401 or 503. `body` is JSON.
http::Response refuse(const Mcp& face, const Refusal& refusal, std::string body);
std::string error_body(std::string_view error,
                       std::string_view description = {});  // {"error", "error_description"}
std::string_view error_word(const Refusal& refusal);

// Challenges of this resource.
Challenge missing_token(const Mcp& face);
Challenge invalid_token(const Mcp& face, const Refusal& refusal);
// Asks for what the operation needs and what the token has, so that a client which asks for exactly this
// loses nothing (the specification leaves the union to the client, and some do not make it).
Challenge missing_scopes(const Mcp& face, const authorization::AccessToken& token,
                         const std::vector<std::string>& needed);

}  // namespace valetkey::faces::mcp
