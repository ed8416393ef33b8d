#include "faces/mcp/json_rpc.h"

namespace valetkey::faces::mcp {
namespace {

constexpr size_t kMaxId = 256;  // bytes of JSON text

http::Response json_answer(int status, std::string body) {
  return {status, {{"content-type", "application/json"}, {"cache-control", "no-store"}}, std::move(body)};
}

RpcError invalid(const char* message) {
  return {400, RpcCode::invalid_request, message, {}};
}

JsonWriter& begin_answer(JsonWriter& json, std::string_view id) {
  json.begin_object().member("jsonrpc", "2.0").key("id");
  return id.empty() ? json.null() : json.raw(id);
}

}  // namespace

std::variant<RpcMessage, RpcError> parse_rpc(std::string_view body) {
  auto document = JsonDocument::parse(body);
  if (!document.ok()) return RpcError{400, RpcCode::parse_error, "The body is not JSON.", {}};
  Json root = document->root();
  if (root.is_array()) return invalid("Batches are not part of this revision.");
  if (root["jsonrpc"].string_or("") != "2.0") return invalid("Not a JSON-RPC 2.0 message.");
  auto method = root["method"].string();
  if (!method) return invalid("This server asks nothing, so it takes requests and notifications only.");
  RpcMessage message;
  if (Json id = root["id"]; id.exists()) {
    if (!id.is_string() && id.type() != JsonType::integer)
      return invalid("The id is neither text nor a whole number.");
    message.id = to_json(id);
    if (message.id.size() > kMaxId) return invalid("The id is too long.");
  }
  if (root["params"].exists() && !root["params"].is_object()) return invalid("params is not an object.");
  message.method = *method;
  message.params = root["params"];
  message.document = std::move(*document);
  return message;
}

http::Response rpc_error(std::string_view id, const RpcError& error) {
  std::string body;
  JsonWriter json(body);
  begin_answer(json, id).key("error").begin_object();
  json.member("code", static_cast<int>(error.code)).member("message", error.message);
  if (!error.data.empty()) json.key("data").raw(error.data);
  json.end_object().end_object();
  return json_answer(error.status, std::move(body));
}

http::Response rpc_result(std::string_view id, const std::function<void(JsonWriter&)>& write, int status) {
  std::string body;
  JsonWriter json(body);
  begin_answer(json, id).key("result");
  write(json);
  json.end_object();
  return json_answer(status, std::move(body));
}

}  // namespace valetkey::faces::mcp
