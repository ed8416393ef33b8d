// What the answers of ChatGPT's device sign-in mean (upstreams 1.3, 1.4). Pure.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "domain/sign_in/sign_in.h"
#include "engine/providers/fetch.h"

namespace valetkey::providers::openai {

constexpr Millis kDeviceCodeLife = 15 * kMinute;  // stated nowhere on the wire

DeviceStart read_usercode_reply(const Reply& reply, const std::string& issuer);

// Approved, but the tokens are still to be fetched: the server chose the PKCE pair.
struct Approval {
  Secret code;
  Secret verifier;
};
std::variant<Approval, DevicePoll> read_poll_reply(const Reply& reply);

// The tokens, or why there are none (transient or refused).
DevicePoll read_exchange_reply(const Reply& reply, Millis now);

}  // namespace valetkey::providers::openai
