// What ChatGPT's answer to a refresh means (upstreams 1.5). Pure.
#pragma once

#include "domain/vault/vault.h"
#include "engine/providers/fetch.h"

namespace valetkey::providers::openai {

// `old` are the tokens the refresh was asked with: what the reply leaves out is carried over.
RefreshReply read_refresh_reply(const Reply& reply, const ProviderTokens& old, Millis now);

}  // namespace valetkey::providers::openai
