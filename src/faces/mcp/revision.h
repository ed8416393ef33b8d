// Which revision of MCP a request speaks, and whether its headers agree with its body. Pure.
//   legacy (2025-06-18, 2025-11-25): initialize first, then the MCP-Protocol-Version header.
//   stateless (2026-07-28): every request says all about itself in params._meta, repeated in headers.
#pragma once

#include <array>

#include "faces/mcp/json_rpc.h"

namespace valetkey::faces::mcp {

constexpr std::string_view kStatelessRevision = "2026-07-28";
constexpr std::string_view kNewestLegacyRevision = "2025-11-25";
constexpr std::array<std::string_view, 3> kRevisions = {kStatelessRevision, kNewestLegacyRevision,
                                                        "2025-06-18"};

bool is_legacy_revision(std::string_view text);

enum class Era { legacy, stateless };

// The error's status is the answer's.
std::variant<Era, RpcError> judge_revision(const http::Headers& headers, const RpcMessage& message);

// The value of an Mcp-* header: plain, or "=?base64?...?=" around what a header cannot carry. Nothing when
// the wrapper is there and its inside is not base64.
std::optional<std::string> decode_header_value(std::string_view value);

}  // namespace valetkey::faces::mcp
