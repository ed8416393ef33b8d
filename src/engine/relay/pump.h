// The stream loop: upstream bytes in, the client's bytes out. Awaiting the client's socket is the
// back-pressure; every complete event of a read is translated before one write.
#pragma once

#include <memory>

#include "engine/dialects/translation.h"
#include "engine/relay/heartbeat.h"
#include "foundation/http/client/client.h"
#include "foundation/http/exchange.h"

namespace valetkey::relay {

struct PumpInput {
  http::Exchange& exchange;
  http::ClientResponse& upstream;
  dialects::AnswerTranslator& translator;
  Heartbeat& heartbeat;
  bool stream = false;       // else: nothing is written; the caller aggregates
  http::HeaderList headers;  // of the answer
};

enum class PumpEnd {
  finished,     // the translator is finished without failure; a streamed answer was ended
  failed,       // translator.failure(); when streamed and begun, the client has seen it in-band
  client_left,  // nobody to answer
};

Task<PumpEnd> pump(PumpInput input);

}  // namespace valetkey::relay
