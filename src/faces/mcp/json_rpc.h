// JSON-RPC 2.0 as MCP uses it over HTTP: one request or notification in a body, one answer out. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "foundation/base/json.h"
#include "foundation/http/message.h"

namespace valetkey::faces::mcp {

// The specification's own codes (2026-07-28) and JSON-RPC's.
enum class RpcCode {
  parse_error = -32700,
  invalid_request = -32600,
  method_not_found = -32601,
  invalid_params = -32602,
  internal_error = -32603,
  header_mismatch = -32020,
  unsupported_version = -32022,
};

struct RpcError {
  int status = 400;  // of the HTTP answer
  RpcCode code = RpcCode::invalid_request;
  std::string message;
  std::string data;  // JSON; empty: none
};

// Views into `document`.
struct RpcMessage {
  JsonDocument document;
  std::string id;  // as JSON text; empty: a notification
  std::string_view method;
  Json params;  // an object, or absent

  bool is_notification() const { return id.empty(); }
};

// Batches are refused: no revision served here has them.
std::variant<RpcMessage, RpcError> parse_rpc(std::string_view body);

http::Response rpc_error(std::string_view id, const RpcError& error);  // empty id: null
// `write` appends exactly one JSON value.
http::Response rpc_result(std::string_view id, const std::function<void(JsonWriter&)>& write,
                          int status = 200);

}  // namespace valetkey::faces::mcp
