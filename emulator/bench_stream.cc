#include "bench_stream.h"

#include <cstdio>
#include <cstdlib>

namespace valetkey::emulator {
namespace {

constexpr std::string_view kItem = "msg_bench0001";
constexpr std::string_view kResponse = "resp_bench0001";

class BenchWriter {
 public:
  template <class Fill>
  void event(std::string_view type, const Fill& fill) {
    starts_.push_back(out_.size());
    out_.append("event: ").append(type).append("\ndata: ");
    JsonWriter json(out_);
    json.begin_object().member("type", type).member("sequence_number", starts_.size() - 1);
    fill(json);
    json.end_object();
    out_ += "\n\n";
  }

  void delta(std::string_view text, size_t padding) {
    event("response.output_text.delta", [&](JsonWriter& json) {
      json.member("item_id", kItem)
          .member("output_index", 0)
          .member("content_index", 0)
          .member("delta", text);
      if (padding > 0) json.member("obfuscation", std::string(padding, 'x'));
    });
  }

  void snapshot(std::string_view type, std::string_view status, const std::string& text) {
    event(type, [&](JsonWriter& json) {
      json.key("response").begin_object().member("id", kResponse).member("object", "response");
      json.member("created_at", 1763640000)
          .member("status", status)
          .member("model", "gpt-5.5")
          .key("output")
          .begin_array();
      if (!text.empty()) {
        json.begin_object()
            .member("id", kItem)
            .member("type", "message")
            .member("status", "completed")
            .member("role", "assistant");
        json.key("content").begin_array().begin_object().member("type", "output_text").member("text", text);
        json.key("annotations").begin_array().end_array().end_object().end_array().end_object();
      }
      json.end_array().key("usage");
      text.empty()
          ? json.null()
          : json.raw(
                R"({"input_tokens":128,"input_tokens_details":{"cached_tokens":64},"output_tokens":32,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":160})");
      json.end_object();
    });
  }

  // `paddings`: bytes of filling of every delta.
  BenchStream write(const std::vector<size_t>& paddings) {
    std::string text;
    snapshot("response.created", "in_progress", "");
    snapshot("response.in_progress", "in_progress", "");
    event("response.output_item.added", [](JsonWriter& json) {
      json.member("output_index", 0).key("item").begin_object().member("id", kItem).member("type", "message");
      json.member("status", "in_progress")
          .member("role", "assistant")
          .key("content")
          .begin_array()
          .end_array()
          .end_object();
    });
    event("response.content_part.added", [](JsonWriter& json) {
      json.member("item_id", kItem).member("output_index", 0).member("content_index", 0);
      json.key("part").begin_object().member("type", "output_text").member("text", "").end_object();
    });
    for (size_t i = 0; i < kBenchDeltas; ++i) {
      std::string piece = i == 0 ? "word" : " word";
      piece += std::to_string(10 + i);
      text += piece;
      delta(piece, paddings[i]);
    }
    event("response.output_text.done", [&text](JsonWriter& json) {
      json.member("item_id", kItem).member("output_index", 0).member("content_index", 0).member("text", text);
    });
    snapshot("response.completed", "completed", text);
    BenchStream stream;
    stream.bytes = std::move(out_);
    starts_.push_back(stream.bytes.size());
    for (size_t i = 0; i + 1 < starts_.size(); ++i) {
      stream.events.push_back(std::string_view(stream.bytes).substr(starts_[i], starts_[i + 1] - starts_[i]));
    }
    return stream;
  }

 private:
  std::string out_;
  std::vector<size_t> starts_;
};

// Fills the deltas evenly until the whole has the agreed size.
BenchStream make_bench_stream() {
  std::vector<size_t> paddings(kBenchDeltas, 1);
  const size_t bare = BenchWriter().write(paddings).bytes.size();
  if (bare > kBenchBytes) {
    std::fprintf(stderr, "the bench stream is %zu bytes before filling\n", bare);
    std::abort();  // the constants of this file contradict each other
  }
  size_t missing = kBenchBytes - bare;
  for (size_t i = 0; i < kBenchDeltas; ++i) {
    const size_t share = missing / (kBenchDeltas - i);
    paddings[i] += share;
    missing -= share;
  }
  return BenchWriter().write(paddings);
}

}  // namespace

const BenchStream& bench_stream() {
  static const BenchStream stream = make_bench_stream();
  return stream;
}

std::optional<std::string_view> bench_prompt(const Json& body) {
  const Json input = body["input"];
  const Json content = input.at(input.size() - 1)["content"];
  const std::string_view text =
      content.is_array() ? content.at(0)["text"].string_or("") : content.string_or("");
  return text.starts_with("bench") ? std::optional(text) : std::nullopt;
}

}  // namespace valetkey::emulator
