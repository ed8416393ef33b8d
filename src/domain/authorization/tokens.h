// What the token endpoint answers (RFC 6749 section 5.1), minted from a grant.
#pragma once

#include <string>

#include "domain/apps/client_authentication.h"
#include "domain/authorization/access_tokens.h"
#include "domain/authorization/ai_keys.h"
#include "domain/authorization/authority.h"
#include "domain/authorization/grants.h"
#include "domain/authorization/oauth_error.h"

namespace valetkey::authorization {

// One call of the token endpoint: the client is proved, the DPoP proof (if any) checked.
struct TokenRequest {
  http::Form form;
  apps::AuthenticatedClient client;
  std::string dpop_thumbprint;  // empty: no proof was sent
};

struct TokenAnswer {
  Secret access_token;
  bool dpop_bound = false;
  int64_t expires_in = 0;  // seconds
  Secret refresh_token;    // empty: none
  Secret id_token;         // empty: none
  Scopes scopes;
  std::string authorization_details;  // JSON array text; empty: none
  std::string issued_token_type;      // token exchange (RFC 8693) only
  Secret replayed_body;               // an answer given before, as it was written then: all else is empty
};
Secret write_token_answer(const TokenAnswer& answer);  // the response body

// What the tokens of one answer are about.
struct Minting {
  apps::Client client;
  apps::Resource resource;
  Grant grant;    // id empty: client_credentials
  Scopes scopes;  // of the access token, within the grant's
  AiKeys ai;
  std::string dpop_thumbprint;
  std::string nonce;  // for the ID token
  bool with_id_token = false;
  std::string actor;       // claim `act` (RFC 8693), JSON object text; empty: none
  int64_t expires_by = 0;  // unix seconds: the access token ends then at the latest; 0: its usual life
};

// Access token, and the ID token when asked for and scope openid is there. The refresh token is the caller's.
Task<Result<TokenAnswer>> mint_tokens(const Authority& authority, Minting minting);

// The subject of an ID token this server signed for `client_id` (any, when empty), expired or not:
// id_token_hint.
std::optional<std::string> subject_of_id_token(const Authority& authority, std::string_view id_token,
                                               std::string& client_id);

// grant_type -> rule; every one is Result<Outcome<TokenAnswer>>.
Task<Result<Outcome<TokenAnswer>>> redeem_code(const Authority& authority, TokenRequest request);
Task<Result<Outcome<TokenAnswer>>> rotate_refresh_token(const Authority& authority, TokenRequest request);
Task<Result<Outcome<TokenAnswer>>> issue_client_credentials(const Authority& authority, TokenRequest request);
Task<Result<Outcome<TokenAnswer>>> redeem_device_code(const Authority& authority, TokenRequest request);
Task<Result<Outcome<TokenAnswer>>> exchange_token(const Authority& authority, TokenRequest request);
Task<Result<Outcome<TokenAnswer>>> redeem_assertion(const Authority& authority, TokenRequest request);

// The first refresh token of a grant, in the transaction that makes the grant's first tokens.
struct NewRefreshToken {
  Secret token;
  std::string grant_id, client_id;
  Scopes scopes;
  std::string dpop_thumbprint;
  AiKeys ai;
  Millis expires_at = 0;
};
Result<void> insert_refresh_token(sql::Transaction& transaction, const NewRefreshToken& fresh,
                                  Random& random);

}  // namespace valetkey::authorization
