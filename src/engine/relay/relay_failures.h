// Failures that no upstream spoke of: of the pass, of this server, of the way to the upstream.
#pragma once

#include "engine/dialects/failure.h"
#include "foundation/base/result.h"

namespace valetkey::relay {

// The uniform refusal of a pass on /v1: the same bytes whatever was wrong with it.
Failure pass_refused();
// A failure of ours or of the transport, as the client sees it (502, 503, 504).
Failure failure_of(const Error& error);

}  // namespace valetkey::relay
