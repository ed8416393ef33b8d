// Reads the chunk stream of a Chat Completions upstream into neutral events.
#pragma once

#include <memory>

#include "engine/dialects/events.h"

namespace valetkey::dialects {

// `facts` must outlive the decoder. `id_seed` makes call ids for upstreams that give none.
std::unique_ptr<StreamDecoder> chat_stream_decoder(std::string id_seed, AnswerFacts& facts);

}  // namespace valetkey::dialects
