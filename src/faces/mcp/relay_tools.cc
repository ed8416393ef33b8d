#include "faces/mcp/relay_tools.h"

#include <algorithm>

#include "faces/mcp/collected_exchange.h"

namespace valetkey::faces::mcp {
namespace {

using Models = std::vector<std::string>;

McpToolFailure no_ai() {
  return {"No AI is connected to this access. Connect one in the account and authorize this app again."};
}

Task<std::variant<Models, McpToolFailure>> models_behind(relay::Relay& relay, http::Exchange& exchange,
                                                         CredentialKey key) {
  auto outcome = co_await relay.models(exchange, std::move(key));
  if (auto* failure = std::get_if<Failure>(&outcome)) co_return McpToolFailure{std::move(failure->message)};
  Models names;
  for (auto& model : std::get<std::vector<providers::Model>>(outcome)) names.push_back(std::move(model.id));
  co_return names;
}

// What every credential offers, in their order. One that fails is passed over unless all do.
Task<std::variant<Models, McpToolFailure>> list_all(relay::Relay& relay, http::Exchange& exchange,
                                                    authorization::AccessToken token) {
  McpToolFailure failure = no_ai();
  Models all;
  bool any = false;
  for (CredentialKey& key : token.ai) {
    auto outcome = co_await models_behind(relay, exchange, std::move(key));
    if (auto* failed = std::get_if<McpToolFailure>(&outcome)) {
      failure = std::move(*failed);
      continue;
    }
    any = true;
    for (std::string& name : std::get<Models>(outcome)) all.push_back(std::move(name));
  }
  if (!any) co_return failure;
  co_return all;
}

std::string chat_body(std::string_view model, std::string_view prompt) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().member("model", model).key("messages").begin_array().begin_object();
  json.member("role", "user").member("content", prompt).end_object().end_array().end_object();
  return body;
}

// The credential that has the model; the only one there is need not be asked.
Task<CredentialKey> credential_for(relay::Relay& relay, http::Exchange& exchange,
                                   std::vector<CredentialKey> keys, std::string model) {
  for (size_t i = 0; keys.size() > 1 && i < keys.size(); ++i) {
    auto outcome = co_await models_behind(relay, exchange, keys[i]);
    auto* names = std::get_if<Models>(&outcome);
    if (names != nullptr && std::find(names->begin(), names->end(), model) != names->end()) co_return keys[i];
  }
  co_return keys.front();
}

Task<std::variant<std::string, McpToolFailure>> ask_one(relay::Relay& relay, http::Exchange& exchange,
                                                        authorization::AccessToken token, std::string model,
                                                        std::string prompt) {
  if (token.ai.empty()) co_return no_ai();
  auto key = co_await credential_for(relay, exchange, std::move(token.ai), model);
  auto document = JsonDocument::parse(chat_body(model, prompt));
  if (!document.ok()) co_return McpToolFailure{"The prompt is not valid text."};
  auto decoded = dialects::decode_chat_request(document->root());
  if (auto* failure = std::get_if<Failure>(&decoded)) co_return McpToolFailure{std::move(failure->message)};
  relay::DecodedCall call{std::move(*document),
                          std::get<std::unique_ptr<dialects::ClientRequest>>(std::move(decoded))};
  CollectedExchange collected(exchange);
  co_await relay.answer(collected, std::move(key), std::move(call));
  if (collected.too_large()) co_return McpToolFailure{"The answer is too long."};
  co_return answer_text(collected.status(), collected.body());
}

}  // namespace

std::variant<std::string, McpToolFailure> answer_text(int status, std::string_view chat_answer) {
  auto document = JsonDocument::parse(chat_answer);
  if (!document.ok()) return McpToolFailure{"The model gave no answer."};
  if (auto message = (*document)["error"]["message"].string()) return McpToolFailure{std::string(*message)};
  Json message = (*document)["choices"].at(0)["message"];
  if (auto refusal = message["refusal"].string(); refusal && !refusal->empty()) {
    return McpToolFailure{std::string(*refusal)};
  }
  auto text = message["content"].string();
  if (status != 200 || !text) return McpToolFailure{"The model gave no answer."};
  return std::string(*text);
}

void use_relay(Mcp& face, relay::Relay& relay) {
  face.list_models = [&relay](http::Exchange& exchange, authorization::AccessToken token) {
    return list_all(relay, exchange, std::move(token));
  };
  face.ask = [&relay](http::Exchange& exchange, authorization::AccessToken token, std::string model,
                      std::string prompt) {
    return ask_one(relay, exchange, std::move(token), std::move(model), std::move(prompt));
  };
}

}  // namespace valetkey::faces::mcp
