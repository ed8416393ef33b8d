// What must hold for any request body of either dialect: decoded or refused in JSON, and encodable for every
// upstream.
#pragma once

#include <cstdint>
#include <cstdlib>

#include "engine/dialects/translation.h"

namespace valetkey::fuzz {

inline void must_be_json(std::string_view text) {
  if (!JsonDocument::parse(text).ok()) std::abort();
}

inline void check_request(const uint8_t* bytes, size_t size,
                          dialects::DecodeOutcome (*decode)(const Json& body)) {
  using dialects::UpstreamKind;
  auto body = JsonDocument::parse({reinterpret_cast<const char*>(bytes), size});
  if (!body.ok()) return;
  auto outcome = decode(body->root());
  if (auto* failure = std::get_if<Failure>(&outcome)) return must_be_json(error_envelope(*failure));
  const auto& request = *std::get<0>(outcome);
  (void)request.has_images();
  (void)request.last_turn_is_user();
  if (request.conversation_key().empty()) std::abort();
  for (auto upstream : {UpstreamKind::codex, UpstreamKind::copilot_chat, UpstreamKind::copilot_responses,
                        UpstreamKind::xai_chat, UpstreamKind::xai_responses}) {
    dialects::EncodedRequest encoded = request.encode_for(upstream);
    if (!encoded.refused) must_be_json(encoded.body);
    (void)request.translate_answer(upstream, {"chatcmpl-1", 1, "m"});
  }
}

}  // namespace valetkey::fuzz
