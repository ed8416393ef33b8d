// A Chat Completions upstream's stream, for both client dialects, streamed and not.
#include "stream_check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace valetkey::fuzzing;  // NOLINT
  using enum valetkey::dialects::UpstreamKind;
  std::string_view stream(reinterpret_cast<const char*>(bytes), size);
  check(kChatStream, true, {copilot_chat, xai_chat}, stream, false);
  check(kChatWhole, true, {xai_chat}, stream, false);
  check(kResponsesStream, false, {xai_chat}, stream, false);
  check(kResponsesWhole, false, {copilot_chat}, stream, false);
  return 0;
}
