// What GitHub's answers to device sign-in mean (upstreams 3.1): always 200, sometimes a form in place of
// JSON. Pure.
#pragma once

#include <variant>

#include "domain/sign_in/sign_in.h"
#include "engine/providers/fetch.h"

namespace valetkey::providers::github {

DeviceStart read_device_reply(const Reply& reply);

// The GitHub token is there; whether it is good for Copilot is still to be found out.
struct Granted {
  Secret token;
  std::optional<Millis> life;  // GitHub App tokens may say; else they do not expire
};
std::variant<Granted, DevicePoll> read_poll_reply(const Reply& reply, Millis present_interval);

// The numeric id of GET /user as text, else the login name; empty when neither is there.
std::string read_account_id(std::string_view body);

}  // namespace valetkey::providers::github
