// What an upstream's error body says, whatever its shape: {"error":{...}},
// {"error":"code","error_description"},
// {"code","error"} (xAI), {"detail"} (Codex), {"message","error_details"} (GitHub), a failed response event,
// plain text, a web page. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace valetkey::providers {

constexpr size_t kMaxErrorMessage = 500;  // bytes that reach a client
constexpr size_t kMaxPlainText = 200;     // longer text that is no JSON is not shown
constexpr size_t kMaxErrorToken = 100;    // type, code, param

struct ErrorBody {
  bool json = false;
  bool html = false;
  std::string message;  // fit for the client: one line of UTF-8, no markup, nothing that looks like a
                        // credential; or empty
  std::string type, code, param;     // short tokens; empty when absent or not fit
  std::string notification_id;       // GitHub's error_details.notification_id
  std::optional<int64_t> resets_at;  // unix seconds
  std::optional<int64_t> resets_in_seconds;
};

ErrorBody read_error_body(std::string_view body);

// `text` as a client may see it, cut to kMaxErrorMessage; empty when it is not fit.
std::string fit_message(std::string_view text);

}  // namespace valetkey::providers
