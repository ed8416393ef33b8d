// Stop sequences for upstreams that know none: a stage between decoder and encoder.
#pragma once

#include <string>
#include <vector>

#include "engine/dialects/events.h"

namespace valetkey::dialects {

// Passes the answer on until its text contains a stop sequence, wherever the deltas were split: then it cuts
// the text before the sequence that was complete first, finishes with `stop` and swallows the rest.
class StopFilter final : public EventSink {
 public:
  StopFilter(std::vector<std::string> sequences, EventSink& next)
      : sequences_(std::move(sequences)), next_(next) {}

  bool hit() const { return hit_; }
  // Lets go of text held back because it could have become a stop sequence.
  void flush();

  void begin() override;
  void text(Escaped text, std::string_view logprobs) override;
  void refusal(Escaped text) override;
  void reasoning(Escaped text) override;
  void annotation(std::string_view json) override;
  void tool_begin(size_t tool, ToolKind kind, Escaped call_id, Escaped name) override;
  void tool_arguments(size_t tool, Escaped text) override;
  void finish(FinishReason reason) override;

 private:
  size_t undecided_tail() const;
  void emit(size_t length, std::string_view logprobs);

  const std::vector<std::string> sequences_;  // none empty
  EventSink& next_;
  std::string held_;  // decoded text not yet passed on
  std::string scratch_;
  bool hit_ = false;
};

}  // namespace valetkey::dialects
