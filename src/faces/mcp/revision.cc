#include "faces/mcp/revision.h"

#include <algorithm>

#include "foundation/base/strings.h"
#include "foundation/jose/jose.h"

namespace valetkey::faces::mcp {
namespace {

constexpr std::string_view kVersionKey = "io.modelcontextprotocol/protocolVersion";
constexpr std::string_view kCapabilitiesKey = "io.modelcontextprotocol/clientCapabilities";

RpcError mismatch(std::string message) {
  return {400, RpcCode::header_mismatch, std::move(message), {}};
}

// `stateless`: the request said so in its body, and only these revisions take that.
RpcError unsupported(std::string_view requested, bool stateless) {
  RpcError error{400, RpcCode::unsupported_version, "Unsupported protocol version.", {}};
  JsonWriter json(error.data);
  json.begin_object().key("supported").begin_array();
  for (std::string_view revision : kRevisions) {
    if (!stateless || revision == kStatelessRevision) json.string(revision);
  }
  json.end_array().member("requested", requested.substr(0, 64)).end_object();
  return error;
}

std::string_view name_in_body(const RpcMessage& message) {
  if (message.method == "tools/call" || message.method == "prompts/get") {
    return message.params["name"].string_or("");
  }
  if (message.method == "resources/read") return message.params["uri"].string_or("");
  return {};
}

// SEP-2243: intermediaries route by the headers, so they must say what the body says.
std::optional<RpcError> check_standard_headers(const http::Headers& headers, const RpcMessage& message) {
  if (!headers.has("mcp-protocol-version")) return mismatch("The MCP-Protocol-Version header is missing.");
  if (trim(headers.get("mcp-method")) != message.method) {
    return mismatch("The Mcp-Method header does not say what the body says.");
  }
  std::string_view name = name_in_body(message);
  if (name.empty()) return std::nullopt;
  auto said = decode_header_value(headers.get("mcp-name"));
  if (!headers.has("mcp-name") || !said || *said != name) {
    return mismatch("The Mcp-Name header does not say what the body says.");
  }
  return std::nullopt;
}

}  // namespace

bool is_legacy_revision(std::string_view text) {
  return text != kStatelessRevision &&
         std::find(kRevisions.begin(), kRevisions.end(), text) != kRevisions.end();
}

std::optional<std::string> decode_header_value(std::string_view value) {
  constexpr std::string_view kStart = "=?base64?", kEnd = "?=";
  value = trim(value);
  bool wrapped =
      value.size() >= kStart.size() + kEnd.size() && value.starts_with(kStart) && value.ends_with(kEnd);
  if (!wrapped) return std::string(value);
  return jose::base64_decode(value.substr(kStart.size(), value.size() - kStart.size() - kEnd.size()));
}

std::variant<Era, RpcError> judge_revision(const http::Headers& headers, const RpcMessage& message) {
  std::string_view header = trim(headers.get("mcp-protocol-version"));
  Json meta = message.params["_meta"];
  auto claim = meta[kVersionKey].string();
  if (!claim) {
    // An older client may leave the header out (2025-06-18, "Protocol Version Header").
    if (header.empty() || is_legacy_revision(header)) return Era::legacy;
    if (header != kStatelessRevision) return unsupported(header, false);
    if (message.is_notification()) return Era::stateless;
    return RpcError{400, RpcCode::invalid_params, "params._meta lacks " + std::string(kVersionKey) + ".", {}};
  }
  if (!header.empty() && header != *claim) {
    return mismatch("The MCP-Protocol-Version header does not say what the body says.");
  }
  if (*claim != kStatelessRevision) return unsupported(*claim, true);
  if (message.is_notification()) return Era::stateless;
  if (!meta[kCapabilitiesKey].is_object()) {
    return RpcError{
        400, RpcCode::invalid_params, "params._meta lacks " + std::string(kCapabilitiesKey) + ".", {}};
  }
  if (auto wrong = check_standard_headers(headers, message)) return std::move(*wrong);
  return Era::stateless;
}

}  // namespace valetkey::faces::mcp
