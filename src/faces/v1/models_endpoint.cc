#include "faces/v1/models_endpoint.h"

#include "engine/relay/relay_failures.h"
#include "faces/v1/pass.h"

namespace valetkey::faces {
namespace {

using Models = std::vector<providers::Model>;

Task<std::variant<Models, Failure>> models_of_request(const V1& face, http::Exchange& exchange) {
  auto key = key_of_request(face, exchange.request());
  if (!key.ok()) co_return relay::pass_refused();
  co_return co_await face.relay.models(exchange, std::move(*key));
}

void write_model(JsonWriter& json, const providers::Model& model) {
  json.begin_object().member("id", model.id).member("object", "model").member("created", model.created);
  json.member("owned_by", model.owned_by).end_object();
}

http::Response json_response(std::string body) {
  return {200, {{"content-type", "application/json"}}, std::move(body)};
}

// The fixed beginning of the sentence is what AuthAI's clients know.
Failure cannot_list(Failure failure) {
  if (failure.status >= 500) failure.message = "cannot list models: " + failure.message;
  return failure;
}

Failure unknown_model(std::string_view id) {
  Failure failure;
  failure.kind = Failure::Kind::not_found;
  failure.status = 404;
  failure.message =
      "The model '" + std::string(id.substr(0, 128)) + "' does not exist or you do not have access to it.";
  failure.type = "invalid_request_error";
  failure.code = "model_not_found";
  failure.param = "model";
  return failure;
}

}  // namespace

Task<void> list_models(const V1& face, http::Exchange& exchange) {
  auto outcome = co_await models_of_request(face, exchange);
  if (auto* failure = std::get_if<Failure>(&outcome)) {
    co_await exchange.send(error_response(cannot_list(std::move(*failure))));
    co_return;
  }
  std::string body;
  JsonWriter json(body);
  json.begin_object().member("object", "list").key("data").begin_array();
  for (const auto& model : std::get<Models>(outcome)) write_model(json, model);
  json.end_array().end_object();
  co_await exchange.send(json_response(std::move(body)));
}

Task<void> retrieve_model(const V1& face, http::Exchange& exchange) {
  auto outcome = co_await models_of_request(face, exchange);
  if (auto* failure = std::get_if<Failure>(&outcome)) {
    co_await exchange.send(error_response(cannot_list(std::move(*failure))));
    co_return;
  }
  auto id = exchange.parameter("id");
  for (const auto& model : std::get<Models>(outcome)) {
    if (model.id != id) continue;
    std::string body;
    JsonWriter json(body);
    write_model(json, model);
    co_await exchange.send(json_response(std::move(body)));
    co_return;
  }
  co_await exchange.send(error_response(unknown_model(id)));
}

}  // namespace valetkey::faces
