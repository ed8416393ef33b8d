#include "engine/relay/relay_failures.h"
#include "faces/v1/generation_endpoint.h"
#include "faces/v1/models_endpoint.h"
#include "faces/v1/pass.h"

namespace valetkey::faces {
namespace {

Task<void> refuse_endpoint(const V1& face, http::Exchange& exchange) {
  auto key = key_of_request(face, exchange.request());
  if (!key.ok()) {
    co_await exchange.send(error_response(relay::pass_refused()));
    co_return;
  }
  Failure failure;
  failure.kind = Failure::Kind::invalid_request;
  failure.status = 400;
  failure.message =
      "Endpoint " + std::string(exchange.request().path.substr(0, 200)) + " not supported by Valetkey";
  failure.type = "unsupported_endpoint";
  co_await exchange.send(error_response(failure));
}

}  // namespace

void add_v1_routes(http::Router& router, const V1& face) {
  constexpr size_t kNoBody = 64 * 1024;
  auto handler = [face](auto endpoint) -> http::Handler {
    return [face, endpoint](http::Exchange& exchange) { return endpoint(face, exchange); };
  };
  http::RoutePolicy generate{.max_body = face.max_body, .rate = http::RateClass::api};
  http::RoutePolicy read{.max_body = kNoBody, .rate = http::RateClass::api};
  router.add({"POST", "/v1/chat/completions", generate, handler(answer_chat_completions)});
  router.add({"POST", "/v1/responses", generate, handler(answer_responses)});
  router.add({"GET", "/v1/models", read, handler(list_models)});
  router.add({"GET", "/v1/models/{id...}", read, handler(retrieve_model)});
  router.add({"*", "/v1", generate, handler(refuse_endpoint)});
  router.add({"*", "/v1/{rest...}", generate, handler(refuse_endpoint)});
}

}  // namespace valetkey::faces
