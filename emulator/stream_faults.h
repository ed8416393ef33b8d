// Faults of a stream that has answered 200 (scenario families S1 to S5, S7, S8, S12): from events to the
// wire.
#pragma once

#include <vector>

#include "call.h"
#include "script.h"

namespace valetkey::emulator {

enum class StreamDialect { responses, chat };

// Changes the events where the fault is one of content (S5, S7, S8, S4.surrogates, S4.huge_event).
void bend_events(Call& call, StreamDialect dialect, std::vector<Event>& events);
// Writes the events out, in the way the fault wants (S1 to S4, S12). Without a fault: one frame an event.
Wire to_wire(Call& call, StreamDialect dialect, const std::vector<Event>& events);

}  // namespace valetkey::emulator
