#include "engine/dialects/stop_sequences.h"

#include <algorithm>

namespace valetkey::dialects {

// How many bytes at the end of the held text could be the beginning of a stop sequence.
size_t StopFilter::undecided_tail() const {
  size_t longest = 0;
  std::string_view held = held_;
  for (const std::string& sequence : sequences_) {
    for (size_t length = std::min(sequence.size() - 1, held.size()); length > longest; --length) {
      if (held.ends_with(std::string_view(sequence).substr(0, length))) longest = length;
    }
  }
  return longest;
}

void StopFilter::emit(size_t length, std::string_view logprobs) {
  if (length > 0) next_.text(escape_into(scratch_, std::string_view(held_).substr(0, length)), logprobs);
  held_.erase(0, length);
}

void StopFilter::text(Escaped text, std::string_view logprobs) {
  if (hit_) return;
  append_unescaped(held_, text.json);
  size_t cut = std::string::npos, end = std::string::npos;
  for (const std::string& sequence : sequences_) {
    size_t start = held_.find(sequence);
    if (start == std::string::npos) continue;
    size_t here = start + sequence.size();
    if (here < end || (here == end && start < cut)) {
      end = here;
      cut = start;
    }
  }
  if (cut != std::string::npos) {
    next_.begin();
    emit(cut, logprobs);
    held_.clear();
    hit_ = true;
    next_.finish(FinishReason::stop);
    return;
  }
  next_.begin();
  emit(held_.size() - undecided_tail(), logprobs);
}

void StopFilter::flush() {
  if (!hit_) emit(held_.size(), {});
}

void StopFilter::begin() {
  if (!hit_) next_.begin();
}

void StopFilter::refusal(Escaped text) {
  if (!hit_) next_.refusal(text);
}

void StopFilter::reasoning(Escaped text) {
  if (!hit_) next_.reasoning(text);
}

void StopFilter::annotation(std::string_view json) {
  if (!hit_) next_.annotation(json);
}

void StopFilter::tool_begin(size_t tool, ToolKind kind, Escaped call_id, Escaped name) {
  flush();
  if (!hit_) next_.tool_begin(tool, kind, call_id, name);
}

void StopFilter::tool_arguments(size_t tool, Escaped text) {
  if (!hit_) next_.tool_arguments(tool, text);
}

void StopFilter::finish(FinishReason reason) {
  flush();
  if (!hit_) next_.finish(reason);
}

}  // namespace valetkey::dialects
