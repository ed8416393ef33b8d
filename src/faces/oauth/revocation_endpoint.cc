#include "faces/oauth/revocation_endpoint.h"

#include "domain/authorization/revocation.h"
#include "faces/oauth/client_call.h"
#include "faces/oauth/json_errors.h"
#include "faces/oauth/refusals.h"

namespace valetkey::faces {

Task<void> revoke(const Oauth& face, http::Exchange& exchange) {
  auto call = co_await authenticate_client(face, exchange);
  if (!call) co_return;
  auto done = co_await authorization::revoke_token(face.authority, face.tokens, std::move(call->client),
                                                   std::move(call->form));
  if (!done.ok()) {
    co_await exchange.send(oauth_failure(done.error()));
  } else if (auto* refused = std::get_if<authorization::Refusal>(&*done)) {
    exchange.note("refused", authorization::to_string(refused->code));
    co_await exchange.send(refuse(*refused));
  } else {
    co_await exchange.send({200, {{"cache-control", "no-store"}}, ""});
  }
}

}  // namespace valetkey::faces
