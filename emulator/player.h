// Puts a wire onto the exchange: paced, by hand where a fault needs it, and no longer than the client stays.
#pragma once

#include "call.h"
#include "script.h"

namespace valetkey::emulator {

// `pace`: milliseconds between two frames, 0 for none.
Task<void> play(Call& call, Wire wire, Millis pace);

// x-emulator-pace-ms of the request, "[pace N]" in the prompt, or the start option, in this order.
Millis pace_of(const Call& call, std::string_view user_text);

// Status line and headers, without framing fields and without the empty line. Empty values are left out.
std::string raw_head(int status, const http::HeaderList& headers);
// One chunk; `extension` as it stands on the wire (";name=value") or empty.
std::string chunk_of(std::string_view bytes, std::string_view extension = {});

}  // namespace valetkey::emulator
