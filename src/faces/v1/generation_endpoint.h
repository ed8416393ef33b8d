// POST /v1/chat/completions and POST /v1/responses.
#pragma once

#include "faces/v1/v1.h"

namespace valetkey::faces {

Task<void> answer_chat_completions(const V1& face, http::Exchange& exchange);
Task<void> answer_responses(const V1& face, http::Exchange& exchange);

}  // namespace valetkey::faces
