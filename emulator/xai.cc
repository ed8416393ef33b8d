// api.x.ai/v1 and the Grok CLI's proxy (upstreams 4.5, 4.6).
#include <array>
#include <variant>

#include "catalog.h"
#include "chat_rules.h"
#include "codex_rules.h"
#include "model_call.h"
#include "routes.h"

namespace valetkey::emulator {
namespace {

Task<void> refuse(Call& call, Refusal refusal) {
  co_await call.reply(refusal.status, std::move(refusal.body));
}

// The envelope's sentence in xAI's flat shape.
Refusal flatten(const Refusal& refusal) {
  auto parsed = JsonDocument::parse(refusal.body);
  if (!parsed.ok()) return refusal;
  const Json error = (*parsed)["error"];
  const std::string_view text = error["message"].string_or((*parsed)["detail"].string_or("Bad request"));
  return flat_refusal(refusal.status, "Client specified an invalid argument", text);
}

std::optional<Refusal> check_token(const Call& call) {
  if (call.upstream == "cli-proxy.x" &&
      (call.header("x-grok-client-version").empty() || call.header("x-xai-token-auth") != "xai-grok-cli")) {
    return flat_refusal(426, "outdated", "Your version of the Grok CLI is outdated. Please update.");
  }
  const std::string_view bearer = call.bearer();
  if (bearer.empty())
    return flat_refusal(401, "unauthenticated:no-credentials", "No credentials were given.");
  if (call.world.options.accept_any_bearer) return std::nullopt;
  if (call.world.tokens.check_access(Issuer::xai, bearer).verdict == AccessVerdict::good) return std::nullopt;
  return flat_refusal(403, "unauthenticated:bad-credentials",
                      "The OAuth2 access token could not be validated.");
}

std::variant<JsonDocument, Refusal> admit(const Call& call) {
  if (auto refused = check_token(call)) return std::move(*refused);
  auto parsed = JsonDocument::parse(call.request().body);
  if (!parsed.ok() || !parsed->root().is_object()) {
    return flat_refusal(400, "Client specified an invalid argument",
                        "Failed to parse the request body as JSON.");
  }
  const std::string_view model = (*parsed)["model"].string_or("");
  if (!find_xai_model(model)) {
    return flat_refusal(
        404, "Some requested entity was not found",
        "The model " + std::string(model) + " does not exist or your team does not have access to it.");
  }
  return std::move(parsed).value();
}

http::HeaderList stream_headers(Call& call) {
  http::HeaderList headers{{"Content-Type", "text/event-stream"}};
  headers.add("x-ratelimit-limit-requests", "480");
  headers.add("x-ratelimit-remaining-requests", "479");
  headers.add("x-xai-request-id", call.world.ids.make("", 16));
  return headers;
}

Task<void> complete_chat(Call& call) {
  auto admitted = admit(call);
  if (auto* refusal = std::get_if<Refusal>(&admitted)) co_return co_await refuse(call, std::move(*refusal));
  const Json body = std::get<JsonDocument>(admitted).root();
  ChatRules rules;
  rules.refuses_stop_and_penalties = find_xai_model(body["model"].string_or(""))->reasoning;
  if (auto refused = check_chat_request(body, rules)) co_return co_await refuse(call, flatten(*refused));
  ChatCall asked;
  asked.body = body;
  asked.reasons = find_xai_model(body["model"].string_or(""))->reasoning;
  asked.shape.reasoning_content = asked.reasons;
  asked.headers = stream_headers(call);
  co_await answer_chat(call, std::move(asked));
}

std::optional<Refusal> check_responses(const Json& body) {
  static constexpr std::array<std::string_view, 6> kRefused = {"previous_response_id",
                                                               "prompt_cache_retention",
                                                               "safety_identifier",
                                                               "stream_options",
                                                               "stop",
                                                               "messages"};
  for (std::string_view name : kRefused) {
    if (body[name].exists() && !body[name].is_null()) {
      return flat_refusal(400, "Client specified an invalid argument",
                          "Argument not supported: " + std::string(name));
    }
  }
  if (!body["input"].is_array() && !body["input"].is_string()) {
    return flat_refusal(400, "Client specified an invalid argument", "input is required");
  }
  std::optional<Refusal> refused = check_response_items(body);
  if (!refused) refused = check_response_tools(body["tools"]);
  if (!refused) refused = check_text_format(body["text"]["format"]);
  if (refused) return flatten(*refused);
  return std::nullopt;
}

Task<void> respond(Call& call) {
  auto admitted = admit(call);
  if (auto* refusal = std::get_if<Refusal>(&admitted)) co_return co_await refuse(call, std::move(*refusal));
  const Json body = std::get<JsonDocument>(admitted).root();
  if (auto refused = check_responses(body)) co_return co_await refuse(call, std::move(*refused));
  ResponsesCall asked;
  asked.body = body;
  asked.account_id = "xai";
  asked.stream = body["stream"].boolean().value_or(false);
  asked.shape.output_in_completed = true;
  asked.headers = stream_headers(call);
  co_await answer_responses(call, std::move(asked));
}

Task<void> list_models(Call& call) {
  if (auto refused = check_token(call)) return refuse(call, std::move(*refused));
  if (call.struck_by("H6.empty")) return call.reply(200, R"({"object":"list","data":[]})");
  return call.reply(200, xai_catalog());
}

Task<void> not_found(Call& call) {
  return refuse(call, flat_refusal(404, "Some requested entity was not found", "Not found"));
}

}  // namespace

void add_xai(http::Router& router, World& world) {
  for (std::string_view upstream : {"api.x", "cli-proxy.x"}) {
    mount(router, world, "POST", upstream, "/v1/chat/completions", complete_chat);
    mount(router, world, "POST", upstream, "/v1/responses", respond);
    mount(router, world, "GET", upstream, "/v1/models", list_models);
    mount(router, world, "*", upstream, "/{rest...}", not_found);
  }
}

}  // namespace valetkey::emulator
