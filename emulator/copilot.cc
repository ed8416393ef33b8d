// api.githubcopilot.com (upstreams 3.3 to 3.6).
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
  if (refusal.body.starts_with('{')) {
    co_await call.reply(refusal.status, std::move(refusal.body));
  } else {
    co_await call.reply_text(refusal.status, std::move(refusal.body));
  }
}

// {"error":{"message","code"}}: Copilot's own shape.
Refusal copilot_refusal(int status, std::string_view message, std::string_view code) {
  Refusal refusal{status, {}};
  JsonWriter(refusal.body)
      .begin_object()
      .key("error")
      .begin_object()
      .member("message", message)
      .member("code", code)
      .end_object()
      .end_object();
  return refusal;
}

std::optional<Refusal> check_token(const Call& call) {
  const std::string_view bearer = call.bearer();
  if (bearer.empty()) return Refusal{401, "unauthorized: missing Authorization header\n"};
  if (call.world.options.accept_any_bearer) return std::nullopt;
  switch (call.world.tokens.check_copilot(bearer).verdict) {
    case AccessVerdict::good:
      return std::nullopt;
    case AccessVerdict::expired:
      return Refusal{401, "unauthorized: token expired\n"};
    default:
      return Refusal{401, "unauthorized: invalid token\n"};
  }
}

// "vscode/1.107.0": at least 1.80, else the version is no longer served.
bool is_too_old(std::string_view version) {
  if (!version.starts_with("vscode/1.")) return version.starts_with("vscode/0.");
  std::string_view minor = version.substr(9);
  minor = minor.substr(0, minor.find('.'));
  return minor.size() < 2 || (minor.size() == 2 && minor < "80");
}

std::optional<Refusal> check_editor(const Call& call) {
  static constexpr std::array<std::string_view, 4> kNeeded = {"editor-version", "editor-plugin-version",
                                                              "copilot-integration-id", "user-agent"};
  for (std::string_view name : kNeeded) {
    if (call.header(name).empty())
      return Refusal{400, "bad request: missing " + std::string(name) + " header for IDE auth\n"};
  }
  if (is_too_old(call.header("editor-version"))) return Refusal{466, "client version is not supported\n"};
  return std::nullopt;
}

// What both dialects share before the body's own rules.
std::variant<JsonDocument, Refusal> admit(const Call& call) {
  if (auto refused = check_token(call)) return std::move(*refused);
  if (auto refused = check_editor(call)) return std::move(*refused);
  auto parsed = JsonDocument::parse(call.request().body);
  if (!parsed.ok() || !parsed->root().is_object()) return Refusal{400, "Bad Request\n"};
  return std::move(parsed).value();
}

std::optional<Refusal> check_model(const Json& body, bool chat) {
  const std::string_view name = body["model"].string_or("");
  const CopilotModel* model = find_copilot_model(name);
  if (!model) return copilot_refusal(400, "The requested model is not supported.", "model_not_supported");
  if (chat ? model->chat : model->responses) return std::nullopt;
  return copilot_refusal(400,
                         "model " + std::string(name) + " is not accessible via the " +
                             (chat ? "/chat/completions" : "/responses") + " endpoint",
                         "unsupported_api_for_model");
}

std::optional<Refusal> check_vision(const Call& call, bool has_images) {
  if (!has_images || call.header("copilot-vision-request") == "true") return std::nullopt;
  return Refusal{400, "bad request: missing required Copilot-Vision-Request header for vision requests\n"};
}

http::HeaderList answer_headers(Call& call, bool stream) {
  http::HeaderList headers;
  if (stream) headers.add("Content-Type", "text/event-stream");
  headers.add("x-github-request-id", call.world.ids.make("", 16));
  headers.add("x-quota-snapshot-premium_interactions",
              "ent=300&ov=0.0&ovPerm=false&rem=90.0&rst=2026-12-01T00%3A00%3A00Z");
  return headers;
}

Task<void> complete_chat(Call& call) {
  auto admitted = admit(call);
  if (auto* refusal = std::get_if<Refusal>(&admitted)) co_return co_await refuse(call, std::move(*refusal));
  const Json body = std::get<JsonDocument>(admitted).root();
  std::optional<Refusal> refused = check_model(body, true);
  if (!refused) refused = check_vision(call, chat_has_images(body));
  if (!refused) {
    ChatRules rules;
    rules.refuses_max_tokens = find_copilot_model(body["model"].string_or(""))->reasoning;
    refused = check_chat_request(body, rules);
  }
  if (refused) co_return co_await refuse(call, std::move(*refused));
  call.world.count_initiator(call.header("x-initiator"));
  ChatCall asked;
  asked.body = body;
  asked.reasons = find_copilot_model(body["model"].string_or(""))->reasoning;
  asked.shape.usage_always = true;
  asked.shape.prompt_filter_first = true;
  asked.shape.split_choices = body["model"].string_or("").starts_with("claude");
  asked.headers = answer_headers(call, true);
  co_await answer_chat(call, std::move(asked));
}

std::optional<Refusal> check_responses(const Call& call, const Json& body) {
  if (auto refused = check_model(body, false)) return refused;
  if (auto refused = check_vision(call, responses_has_images(body))) return refused;
  if (body["service_tier"].exists() && !body["service_tier"].is_null()) {
    return copilot_refusal(400, "service_tier is not supported", "invalid_request_body");
  }
  if (body["previous_response_id"].is_string()) {
    return copilot_refusal(400, "previous response not found", "previous_response_not_found");
  }
  if (!body["input"].is_array() && !body["input"].is_string()) {
    return copilot_refusal(400, "input is required", "invalid_request_body");
  }
  if (auto refused = check_response_items(body)) return refused;
  if (auto refused = check_response_tools(body["tools"])) return refused;
  return check_text_format(body["text"]["format"]);
}

Task<void> respond(Call& call) {
  auto admitted = admit(call);
  if (auto* refusal = std::get_if<Refusal>(&admitted)) co_return co_await refuse(call, std::move(*refusal));
  const Json body = std::get<JsonDocument>(admitted).root();
  if (auto refused = check_responses(call, body)) co_return co_await refuse(call, std::move(*refused));
  call.world.count_initiator(call.header("x-initiator"));
  ResponsesCall asked;
  asked.body = body;
  asked.account_id = "copilot";
  asked.stream = body["stream"].boolean().value_or(false);
  asked.shape.rotating_ids = true;
  asked.shape.ciphertext_arguments = true;
  asked.shape.output_in_completed = true;
  asked.headers = answer_headers(call, asked.stream);
  co_await answer_responses(call, std::move(asked));
}

Task<void> list_models(Call& call) {
  if (auto refused = check_token(call)) return refuse(call, std::move(*refused));
  if (auto refused = check_editor(call)) return refuse(call, std::move(*refused));
  if (call.struck_by("H6.empty")) return call.reply(200, R"({"object":"list","data":[]})");
  http::Response response;
  response.body = copilot_catalog();
  std::string etag = etag_of(response.body);
  if (call.header("if-none-match") == etag) {
    response.status = 304;
    response.body.clear();
  } else {
    response.headers.add("Content-Type", "application/json");
  }
  response.headers.add("ETag", std::move(etag));
  return call.reply(std::move(response));
}

Task<void> not_found(Call& call) {
  return call.reply_text(404, "404 page not found\n");
}

}  // namespace

void add_copilot(http::Router& router, World& world) {
  mount(router, world, "POST", "copilot", "/chat/completions", complete_chat);
  mount(router, world, "POST", "copilot", "/responses", respond);
  mount(router, world, "GET", "copilot", "/models", list_models);
  mount(router, world, "*", "copilot", "/{rest...}", not_found);
}

}  // namespace valetkey::emulator
