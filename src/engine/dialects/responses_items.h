// The output items of a Responses stream. Every text and every argument string may come three times: as
// deltas, in a
// `.done` event and in the finished item, or in any subset of these. Each piece is taken from the first of
// them that has it, and from no other.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/dialects/delta_scan.h"
#include "engine/dialects/events.h"
#include "engine/dialects/responses_events.h"
#include "engine/dialects/tool_names.h"

namespace valetkey::dialects {

constexpr int64_t kHighestIndex = 1 << 20;

// Which of the first 64 parts of an item were seen; later parts share the last bit.
class PartSet {
 public:
  bool has(int64_t index) const { return (bits_ & bit(index)) != 0; }
  void add(int64_t index) { bits_ |= bit(index); }
  bool any() const { return bits_ != 0; }

 private:
  static uint64_t bit(int64_t index) { return uint64_t{1} << (index < 0 ? 0 : index > 63 ? 63 : index); }
  uint64_t bits_ = 0;
};

struct StreamItem {
  int64_t index = 0;
  bool is_message = false, is_reasoning = false;
  PartSet text, refusal, summary, raw_reasoning;
  bool annotated = false;
  // A tool call:
  bool announced = false;      // its name reached the client
  bool has_arguments = false;  // its arguments did
  bool ciphertext = false;     // its deltas cannot be used
  size_t tool = 0;
  std::string call_id;
  std::string early_arguments;  // escaped; deltas kept back
};

class ResponsesItems {
 public:
  // `arguments_from_done`: argument deltas may be ciphertext, they wait for a `.done` that tells them
  // plainly.
  ResponsesItems(bool arguments_from_done, ToolNames names)
      : arguments_from_done_(arguments_from_done), names_(std::move(names)) {}

  // One piece of a text; `kind` is one of the six deltas.
  void take_delta(ResponsesEvent kind, const DeltaScan& delta, EventSink& sink);
  // Whether the deltas brought the text that belongs in this place.
  bool has_text(const DeltaScan& place) const;
  // `.done` events. `kind` is that of the deltas whose text `root[member]` is.
  void take_text(ResponsesEvent kind, const Json& root, std::string_view member, EventSink& sink);
  void take_arguments(const Json& root, std::string_view member, EventSink& sink);
  void take_part(const Json& root, EventSink& sink);
  void take_annotation(const Json& root, EventSink& sink);
  // output_item.added and, `done`, output_item.done.
  void take_item(const Json& root, bool done, EventSink& sink);

  // At the end: what the terminal event's own output has and the stream had not, then the arguments that no
  // `.done` confirmed. False: of some there is only ciphertext.
  bool finish(const Json& output, EventSink& sink);
  bool any_tool() const { return next_tool_ > 0; }

 private:
  StreamItem& at(int64_t output_index);
  StreamItem& of(const Json& root);
  void piece(ResponsesEvent kind, StreamItem& item, int64_t part, Escaped text, bool obfuscated,
             EventSink& sink);
  void reasoning(StreamItem& item, PartSet& seen, int64_t part, Escaped text, EventSink& sink);
  void arguments_piece(StreamItem& item, Escaped text, bool obfuscated, EventSink& sink);
  void whole_text(ResponsesEvent kind, StreamItem& item, int64_t part, std::string_view text,
                  EventSink& sink);
  void whole_part(StreamItem& item, int64_t index, const Json& part, EventSink& sink);
  void whole_arguments(StreamItem& item, const Json& value, EventSink& sink);
  void whole_item(StreamItem& item, const Json& source, bool done, EventSink& sink);
  void message(StreamItem& item, const Json& source, EventSink& sink);
  void reasoning_item(StreamItem& item, const Json& source, EventSink& sink);
  void call(StreamItem& item, const Json& source, ToolKind kind, bool done, EventSink& sink);
  void release_early(StreamItem& item, EventSink& sink);
  void reconcile(const Json& output, EventSink& sink);
  StreamItem* call_known(const Json& source);

  const bool arguments_from_done_;
  const ToolNames names_;
  std::string scratch_;
  std::vector<StreamItem> items_;
  size_t next_tool_ = 0;
  bool any_reasoning_ = false;
};

}  // namespace valetkey::dialects
