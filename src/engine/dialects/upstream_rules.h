// Which parameter which upstream takes. One table per client dialect.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/dialects/neutral.h"

namespace valetkey::dialects {

// Copies the parameters of the client's body that have no rules of their own: what the upstream takes is
// written to `json` (renamed where it has another name there), what changes nothing for the answer is named
// in `dropped`, what would change it becomes a refusal. Parameters with code of their own ("own" in the
// table) are left out here.
std::optional<Failure> copy_parameters(const NeutralRequest& request, UpstreamKind upstream, JsonWriter& json,
                                       std::vector<std::string>& dropped);

// The upstream honours `stop` itself.
bool knows_stop(UpstreamKind upstream);
// The effort to send; `minimal` is refused by Codex.
std::string_view effort_for(UpstreamKind upstream, std::string_view effort);
// The tier to send; empty: none. Names service_tier in `dropped` when the client asked for something else.
std::string_view service_tier_for(UpstreamKind upstream, std::string_view tier,
                                  std::vector<std::string>& dropped);

}  // namespace valetkey::dialects
