// What xAI's answers to device sign-in and refresh mean (upstreams 4.2, 4.4). Pure.
#pragma once

#include "domain/sign_in/sign_in.h"
#include "engine/providers/fetch.h"

namespace valetkey::providers::xai {

DeviceStart read_device_reply(const Reply& reply);
DevicePoll read_poll_reply(const Reply& reply, Millis present_interval, Millis now);
RefreshReply read_refresh_reply(const Reply& reply, const ProviderTokens& old, Millis now);

// The token endpoint is not where it was (404, 405, 410, or a web page in place of JSON): nothing was spent.
bool endpoint_has_moved(const Reply& reply);

}  // namespace valetkey::providers::xai
