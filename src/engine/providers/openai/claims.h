// Whose ChatGPT account a pair of tokens is (upstreams 1.7). Signatures are not checked: the tokens come
// straight from the issuer over TLS. Pure.
#pragma once

#include <string>
#include <string_view>

namespace valetkey::providers::openai {

struct AccountClaims {
  std::string account_id;  // empty: none found
  std::string plan;        // chatgpt_plan_type as sent; an open set
  bool fedramp = false;
};

// Either may be empty or no JWT. The id token is asked first, then the access token.
AccountClaims read_account_claims(std::string_view id_token, std::string_view access_token);

}  // namespace valetkey::providers::openai
