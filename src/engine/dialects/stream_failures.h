// What an error inside a stream (or inside a 200) means: the code table of every upstream we speak to.
#pragma once

#include <string_view>

#include "engine/dialects/failure.h"
#include "foundation/base/json.h"

namespace valetkey::dialects {

// What an upstream told about its error; empty or 0 where it told nothing.
struct UpstreamError {
  std::string_view code, type, message, param;
  int status = 0;
  std::optional<Millis> retry_after;
};

Failure classify_stream_error(const UpstreamError& error);
// From {"code","message",...}, {"error":{...}} or xAI's flat {"code","error":"text"}: `error` is the
// outermost object.
Failure classify_stream_error(const Json& error);

// "... try again in 11.054s", "28ms", "35 seconds", "2 minutes".
std::optional<Millis> wait_in_message(std::string_view message);

// The upstream's stream ended without its terminal event.
Failure stream_cut_failure();
// An event that is not what its dialect allows.
Failure malformed_event_failure();

}  // namespace valetkey::dialects
