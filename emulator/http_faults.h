// Faults that any endpoint can suffer before it looks at the request: S1.slow_headers, A8, H1 to H4, H8.
#pragma once

#include <optional>

#include "call.h"
#include "raw_exchange.h"

namespace valetkey::emulator {

// True when the fault was the whole answer.
Task<bool> answer_http_fault(Call& call);
// How the endpoint's own answer shall be bent on the wire; nothing when it shall not.
std::optional<RawStyle> raw_style_of(Call& call);

std::string http_date(Millis at);

}  // namespace valetkey::emulator
