// How an upstream says no.
#pragma once

#include <string>
#include <string_view>

namespace valetkey::emulator {

struct Refusal {
  int status = 400;
  std::string body;  // JSON, or plain text when it does not begin with '{'
};

// {"detail": "..."}: ChatGPT's backend.
Refusal detail_refusal(int status, std::string_view detail);
// {"error":{"message","type","param","code"}}; empty param and code become null.
Refusal envelope_refusal(int status, std::string_view message,
                         std::string_view type = "invalid_request_error", std::string_view param = {},
                         std::string_view code = {});
// {"code","error"}: xAI.
Refusal flat_refusal(int status, std::string_view code, std::string_view error);
// {"error","error_description"}: OAuth.
Refusal oauth_refusal(int status, std::string_view error, std::string_view description);

}  // namespace valetkey::emulator
