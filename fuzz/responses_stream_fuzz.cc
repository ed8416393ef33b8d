// A Responses upstream's stream, for both client dialects, streamed and not. Streamed to a Responses client
// the events pass untouched, so only the translated ones are read back.
#include "stream_check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace valetkey::fuzzing;  // NOLINT
  using enum valetkey::dialects::UpstreamKind;
  std::string_view stream(reinterpret_cast<const char*>(bytes), size);
  check(kChatStream, true, {codex, copilot_responses}, stream, false);
  check(kChatWhole, true, {xai_responses}, stream, false);
  check(kResponsesStream, false, {codex}, stream, true);
  check(kResponsesStream, false, {copilot_responses}, stream, false);
  check(kResponsesWhole, false, {codex, copilot_responses}, stream, false);
  return 0;
}
