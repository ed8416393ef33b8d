// A Responses request body: decoded, encoded for every upstream. What is sent must be JSON.
#include <cstdlib>

#include "engine/dialects/translation.h"

namespace {

using namespace valetkey;            // NOLINT
using namespace valetkey::dialects;  // NOLINT

void must_be_json(std::string_view text) {
  if (!JsonDocument::parse(text).ok()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  auto body = JsonDocument::parse({reinterpret_cast<const char*>(bytes), size});
  if (!body.ok()) return 0;
  auto outcome = decode_responses_request(body->root());
  if (auto* failure = std::get_if<Failure>(&outcome)) {
    must_be_json(error_envelope(*failure));
    return 0;
  }
  const auto& request = *std::get<0>(outcome);
  (void)request.has_images();
  (void)request.last_turn_is_user();
  if (request.conversation_key().empty()) std::abort();
  for (auto upstream : {UpstreamKind::codex, UpstreamKind::copilot_chat, UpstreamKind::copilot_responses,
                        UpstreamKind::xai_chat, UpstreamKind::xai_responses}) {
    EncodedRequest encoded = request.encode_for(upstream);
    if (!encoded.refused) must_be_json(encoded.body);
    (void)request.translate_answer(upstream, {"chatcmpl-1", 1, "m"});
  }
  return 0;
}
