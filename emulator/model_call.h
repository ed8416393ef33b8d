// The common part of every model call: the request has passed the upstream's rules; compose, bend, stream.
#pragma once

#include <string>

#include "call.h"
#include "chat_stream.h"
#include "foundation/base/json.h"
#include "foundation/http/message.h"
#include "responses_stream.h"

namespace valetkey::emulator {

struct ResponsesCall {
  Json body;
  std::string account_id;
  ResponsesShape shape;
  http::HeaderList headers;  // of the answer; Content-Type only if the upstream sends one
  bool stream = true;
};
Task<void> answer_responses(Call& call, ResponsesCall asked);

struct ChatCall {
  Json body;
  ChatShape shape;
  http::HeaderList headers;
  bool reasons = false;  // the model thinks before it speaks
};
Task<void> answer_chat(Call& call, ChatCall asked);

}  // namespace valetkey::emulator
