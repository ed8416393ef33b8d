#include "faces/mcp/tool_calls.h"

namespace valetkey::faces::mcp {
namespace {

ToolResult structured(std::string text, std::string json) {
  ToolResult result;
  result.text = std::move(text);
  result.structured = std::move(json);
  return result;
}

ToolResult pong() {
  return structured("ok", R"({"status":"ok"})");
}

ToolResult person_of(const Mcp& face, const authorization::AccessToken& token) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().member("subject", token.subject).member("client_id", token.client_id);
  if (!token.email.empty()) json.member("email", token.email);
  json.key("scopes").begin_array();
  for (const std::string& scope : token.scopes) json.string(scope);
  json.end_array().member("resource", face.resource).member("expires_at", token.expires_at).end_object();
  return structured(body, body);
}

Task<ToolResult> models_of(const Mcp& face, http::Exchange& exchange, authorization::AccessToken token) {
  auto outcome = co_await face.list_models(exchange, std::move(token));
  if (auto* failed = std::get_if<McpToolFailure>(&outcome))
    co_return tool_failure(std::move(failed->message));
  std::string text, body;
  JsonWriter json(body);
  json.begin_object().key("models").begin_array();
  for (const std::string& model : std::get<std::vector<std::string>>(outcome)) {
    json.string(model);
    text.append(text.empty() ? "" : "\n").append(model);
  }
  json.end_array().end_object();
  co_return structured(text.empty() ? "There are no models." : std::move(text), std::move(body));
}

Task<ToolResult> answer_of(const Mcp& face, http::Exchange& exchange, authorization::AccessToken token,
                           Json arguments) {
  std::string model(arguments["model"].string_or(""));
  std::string prompt(arguments["prompt"].string_or(""));
  if (model.empty() || model.size() > kMaxModelName) {
    co_return tool_failure("model must be the id of a model: one of list_models.");
  }
  if (prompt.empty() || prompt.size() > kMaxPrompt) {
    co_return tool_failure("prompt must be text of 1 to 262144 bytes.");
  }
  auto outcome = co_await face.ask(exchange, std::move(token), model, std::move(prompt));
  if (auto* failed = std::get_if<McpToolFailure>(&outcome))
    co_return tool_failure(std::move(failed->message));
  std::string& text = std::get<std::string>(outcome);
  std::string body;
  JsonWriter json(body);
  json.begin_object().member("model", model).member("answer", text).end_object();
  co_return structured(std::move(text), std::move(body));
}

}  // namespace

ToolResult tool_failure(std::string sentence) {
  ToolResult result;
  result.text = std::move(sentence);
  result.is_error = true;
  return result;
}

ToolResult tool_challenge(const Challenge& challenge, std::string sentence) {
  ToolResult result = tool_failure(std::move(sentence));
  result.challenges.push_back(challenge_text(challenge));
  return result;
}

Task<ToolResult> run_tool(const Mcp& face, http::Exchange& exchange, const Tool& tool, Json arguments,
                          const authorization::AccessToken* token) {
  if (tool.name == "ping") co_return pong();
  if (token == nullptr) co_return tool_failure("This tool needs a sign-in.");
  if (tool.name == "whoami") co_return person_of(face, *token);
  if (tool.name == "list_models") co_return co_await models_of(face, exchange, *token);
  co_return co_await answer_of(face, exchange, *token, arguments);
}

}  // namespace valetkey::faces::mcp
