#include "faces/oauth/introspection_endpoint.h"

#include "faces/oauth/client_call.h"
#include "faces/oauth/json_errors.h"
#include "faces/oauth/refusals.h"

namespace valetkey::faces {

Task<void> introspect_token(const Oauth& face, http::Exchange& exchange) {
  auto call = co_await authenticate_client(face, exchange);
  if (!call) co_return;
  auto answer = co_await authorization::introspect(face.authority, face.tokens, face.introspection,
                                                   std::move(call->client), std::move(call->form));
  if (!answer.ok()) {
    co_await exchange.send(oauth_failure(answer.error()));
  } else if (auto* refused = std::get_if<authorization::Refusal>(&*answer)) {
    exchange.note("refused", authorization::to_string(refused->code));
    co_await exchange.send(refuse(*refused));
  } else {
    co_await exchange.send(oauth_json(200, std::get<std::string>(std::move(*answer))));
  }
}

}  // namespace valetkey::faces
