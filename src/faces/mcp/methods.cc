#include "faces/mcp/methods.h"

#include "domain/authorization/scopes.h"
#include "faces/mcp/tool_calls.h"

namespace valetkey::faces::mcp {
namespace {

constexpr Millis kListFresh = 5 * kMinute;  // how long a client may keep the list of tools

constexpr std::string_view kInstructions =
    "whoami tells whose access this is. list_models and ask use the AI that the person has connected.";

// What both sides of a request need.
struct Call {
  const Mcp& face;
  http::Exchange& exchange;
  const RpcMessage& message;
  Era era = Era::legacy;
  const authorization::AccessToken* token = nullptr;
};

// Clients of OpenAI's Apps SDK name themselves in _meta and look for challenges in a tool's result.
bool reads_challenges_in_results(const RpcMessage& message) {
  bool found = false;
  message.params["_meta"].each_member([&](std::string_view key, const Json&) {
    found = key.starts_with("openai/");
    return !found;
  });
  return found;
}

void write_server_info(JsonWriter& json, const Mcp& face) {
  json.begin_object().member("name", "valetkey").member("title", "Valetkey").member("version", face.version);
  json.end_object();
}

// Ends the result object that the caller has begun: what every result of the stateless era carries.
void end_result(JsonWriter& json, const Mcp& face, Era era, const std::vector<std::string>& challenges = {}) {
  if (era == Era::stateless) json.member("resultType", "complete");
  if (era == Era::stateless || !challenges.empty()) {
    json.key("_meta").begin_object();
    if (era == Era::stateless) {
      json.key("io.modelcontextprotocol/serverInfo");
      write_server_info(json, face);
    }
    if (!challenges.empty()) {
      json.key("mcp/www_authenticate").begin_array();
      for (const std::string& text : challenges) json.string(text);
      json.end_array();
    }
    json.end_object();
  }
  json.end_object();
}

void write_cache_hints(JsonWriter& json) {
  json.member("ttlMs", kListFresh).member("cacheScope", "private");
}

void write_capabilities(JsonWriter& json) {
  json.key("capabilities")
      .begin_object()
      .key("tools")
      .begin_object()
      .member("listChanged", false)
      .end_object();
  json.end_object();
}

http::Response tool_response(const Mcp& face, std::string_view id, Era era, const ToolResult& result,
                             int status = 200) {
  auto write = [&](JsonWriter& json) {
    json.begin_object().key("content").begin_array().begin_object();
    json.member("type", "text").member("text", result.text).end_object().end_array();
    if (!result.structured.empty()) json.key("structuredContent").raw(result.structured);
    json.member("isError", result.is_error);
    end_result(json, face, era, result.challenges);
  };
  return rpc_result(id, write, status);
}

// In the body for clients that read results, in status and header for those that follow HTTP
// (docs/rfc-notes/mcp.md, "A tool needs more").
http::Response challenged_call(const Mcp& face, const RpcMessage& message, Era era, int status,
                               const Challenge& challenge, std::string sentence, bool in_body_alone) {
  ToolResult result = tool_challenge(challenge, std::move(sentence));
  http::Response response = tool_response(face, message.id, era, result, in_body_alone ? 200 : status);
  if (!in_body_alone) response.headers.add("www-authenticate", challenge_text(challenge));
  return response;
}

bool open_to_everybody(const Mcp& face, const RpcMessage& message) {
  if (message.method == "tools/call") {
    const Tool* tool = find_tool(message.params["name"].string_or(""));
    return tool != nullptr && tool->anonymous;
  }
  return face.anonymous_discovery;
}

Era era_for_challenge(const RpcMessage& message) {
  return message.params["_meta"]["io.modelcontextprotocol/protocolVersion"].exists() ? Era::stateless
                                                                                     : Era::legacy;
}

http::Response initialize(const Call& call) {
  // A client that offers what we do not know gets our newest and decides.
  std::string_view offered = call.message.params["protocolVersion"].string_or("");
  std::string_view agreed = is_legacy_revision(offered) ? offered : kNewestLegacyRevision;
  return rpc_result(call.message.id, [&](JsonWriter& json) {
    json.begin_object().member("protocolVersion", agreed);
    write_capabilities(json);
    json.key("serverInfo");
    write_server_info(json, call.face);
    json.member("instructions", kInstructions).end_object();
  });
}

http::Response discover(const Call& call) {
  return rpc_result(call.message.id, [&](JsonWriter& json) {
    json.begin_object().key("supportedVersions").begin_array();
    for (std::string_view revision : kRevisions) json.string(revision);
    json.end_array();
    write_capabilities(json);
    json.member("instructions", kInstructions);
    write_cache_hints(json);
    end_result(json, call.face, call.era);
  });
}

http::Response list_tools(const Call& call) {
  return rpc_result(call.message.id, [&](JsonWriter& json) {
    json.begin_object();
    write_tools(json);
    if (call.era == Era::stateless) write_cache_hints(json);
    end_result(json, call.face, call.era);
  });
}

Task<http::Response> call_tool(Call call) {
  const RpcMessage& message = call.message;
  const Tool* tool = find_tool(message.params["name"].string_or(""));
  if (tool == nullptr)
    co_return rpc_error(message.id, {200, RpcCode::invalid_params, "There is no such tool.", {}});
  Json arguments = message.params["arguments"];
  if (arguments.exists() && !arguments.is_object()) {
    co_return rpc_error(message.id, {200, RpcCode::invalid_params, "arguments is not an object.", {}});
  }
  if (call.token != nullptr && !authorization::contains_all(call.token->scopes, tool->scopes)) {
    Challenge challenge = missing_scopes(call.face, *call.token, tool->scopes);
    bool in_body_alone = reads_challenges_in_results(message);
    std::string sentence = challenge.error_description;
    co_return challenged_call(call.face, message, call.era, 403, challenge, std::move(sentence),
                              in_body_alone);
  }
  ToolResult result = co_await run_tool(call.face, call.exchange, *tool, arguments, call.token);
  co_return tool_response(call.face, message.id, call.era, result);
}

Task<http::Response> answer_request(Call call) {
  std::string_view method = call.message.method;
  if (method == "tools/list") co_return list_tools(call);
  if (method == "tools/call") co_return co_await call_tool(call);
  if (call.era == Era::stateless && method == "server/discover") co_return discover(call);
  if (call.era == Era::legacy && method == "initialize") co_return initialize(call);
  if (call.era == Era::legacy && method == "ping") {
    co_return rpc_result(call.message.id, [](JsonWriter& json) { json.begin_object().end_object(); });
  }
  // 2026-07-28 wants 404; before it an unknown method was an ordinary answer.
  int status = call.era == Era::stateless ? 404 : 200;
  co_return rpc_error(call.message.id, {status, RpcCode::method_not_found, "There is no such method.", {}});
}

}  // namespace

std::optional<http::Response> challenge_before(const Mcp& face, const Access& access,
                                               const RpcMessage* message) {
  if (std::holds_alternative<authorization::AccessToken>(access)) return std::nullopt;
  bool call = message != nullptr && message->method == "tools/call" && !message->is_notification();
  if (auto* refusal = std::get_if<Refusal>(&access)) {
    if (!call || refusal->kind != Refusal::Kind::invalid_token) {
      return refuse(face, *refusal, error_body(error_word(*refusal), refusal->description));
    }
    // A status, whoever asks: clients get themselves a new token by it.
    return challenged_call(face, *message, era_for_challenge(*message), 401, invalid_token(face, *refusal),
                           refusal->description, false);
  }
  if (message != nullptr && open_to_everybody(face, *message)) return std::nullopt;
  if (!call) return ask_for_token(face, error_body("missing_token", "This server needs an access token."));
  Challenge challenge = missing_token(face);
  if (const Tool* tool = find_tool(message->params["name"].string_or(""))) {
    challenge.scopes = authorization::unite(challenge.scopes, tool->scopes);
  }
  return challenged_call(face, *message, era_for_challenge(*message), 401, challenge,
                         "This tool needs a sign-in.", reads_challenges_in_results(*message));
}

Task<void> answer_rpc(const Mcp& face, http::Exchange& exchange, const RpcMessage& message,
                      const authorization::AccessToken* token) {
  auto judged = judge_revision(exchange.request().headers, message);
  if (auto* wrong = std::get_if<RpcError>(&judged)) {
    co_await exchange.send(rpc_error(message.id, *wrong));
    co_return;
  }
  if (message.is_notification()) {
    co_await exchange.send({202, {}, {}});
    co_return;
  }
  Call call{face, exchange, message, std::get<Era>(judged), token};
  co_await exchange.send(co_await answer_request(call));
}

}  // namespace valetkey::faces::mcp
