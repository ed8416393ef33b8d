#include "faces/v1/generation_endpoint.h"

#include "engine/relay/relay_failures.h"
#include "faces/v1/pass.h"

namespace valetkey::faces {
namespace {

using Decode = dialects::DecodeOutcome (*)(const Json& body);

Failure invalid_json() {
  Failure failure;
  failure.kind = Failure::Kind::invalid_request;
  failure.status = 400;
  failure.message = "invalid json body";
  failure.type = "invalid_request_error";
  return failure;
}

// A revoked pass with a bad body is a revoked pass.
Task<void> refuse_body(const V1& face, http::Exchange& exchange, CredentialKey key, Failure failure) {
  auto opened = co_await face.relay.open(key);
  auto* refused = std::get_if<Failure>(&opened);
  co_await exchange.send(error_response(refused != nullptr ? *refused : failure));
}

Task<void> answer(const V1& face, http::Exchange& exchange, Decode decode) {
  auto key = key_of_request(face, exchange.request());
  if (!key.ok()) {
    co_await exchange.send(error_response(relay::pass_refused()));
    co_return;
  }
  auto document = JsonDocument::parse(exchange.request().body);
  auto decoded = document.ok() ? decode(document->root()) : dialects::DecodeOutcome(invalid_json());
  if (auto* failure = std::get_if<Failure>(&decoded)) {
    co_await refuse_body(face, exchange, std::move(*key), std::move(*failure));
    co_return;
  }
  relay::DecodedCall call{std::move(*document),
                          std::get<std::unique_ptr<dialects::ClientRequest>>(std::move(decoded))};
  co_await face.relay.answer(exchange, std::move(*key), std::move(call));
}

}  // namespace

Task<void> answer_chat_completions(const V1& face, http::Exchange& exchange) {
  return answer(face, exchange, dialects::decode_chat_request);
}

Task<void> answer_responses(const V1& face, http::Exchange& exchange) {
  return answer(face, exchange, dialects::decode_responses_request);
}

}  // namespace valetkey::faces
