#include "faces/oauth/device_endpoint.h"

#include "domain/authorization/device_codes.h"
#include "faces/oauth/client_call.h"
#include "faces/oauth/json_errors.h"
#include "faces/oauth/refusals.h"
#include "foundation/base/json.h"

namespace valetkey::faces {
namespace {

// Section 3.2.
std::string write_answer(const std::string& issuer, const authorization::DeviceAuthorization& answer) {
  const std::string page = issuer + "/device";
  std::string body;
  JsonWriter json(body);
  json.begin_object()
      .member("device_code", answer.device_code.reveal())
      .member("user_code", answer.user_code)
      .member("verification_uri", page)
      .member("verification_uri_complete", page + "?user_code=" + answer.user_code)
      .member("expires_in", answer.expires_in)
      .member("interval", answer.interval)
      .end_object();
  return body;
}

}  // namespace

Task<void> authorize_device(const Oauth& face, http::Exchange& exchange) {
  auto call = co_await authenticate_client(face, exchange);
  if (!call) co_return;
  auto begun = co_await authorization::begin_device_authorization(face.authority, std::move(call->client),
                                                                  std::move(call->form));
  if (!begun.ok()) {
    co_await exchange.send(oauth_failure(begun.error()));
  } else if (auto* refused = std::get_if<authorization::Refusal>(&*begun)) {
    exchange.note("refused", authorization::to_string(refused->code));
    co_await exchange.send(refuse(*refused));
  } else {
    const auto& answer = std::get<authorization::DeviceAuthorization>(*begun);
    co_await exchange.send(oauth_json(200, write_answer(face.authority.options.issuer, answer)));
  }
}

}  // namespace valetkey::faces
