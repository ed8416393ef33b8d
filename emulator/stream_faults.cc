#include "stream_faults.h"

#include <algorithm>

#include "encodings.h"
#include "sse_style.h"

namespace valetkey::emulator {
namespace {

std::string joined(const std::vector<Frame>& frames) {
  std::string all;
  for (const Frame& frame : frames) all += frame.bytes;
  return all;
}

// Index of the frame in which, or before which, the stream breaks.
size_t breaking_point(const Call& call, const std::vector<Event>& events) {
  const int64_t wanted = call.fault->integer("deltas", 3);
  int64_t seen = 0;
  for (size_t i = 0; i < events.size(); ++i) {
    if (events[i].is_text_delta && ++seen > wanted) return i;
  }
  return events.size() / 2;
}

void apply_slowness(Call& call, Wire& wire, size_t middle) {
  const Millis ms = call.fault->integer("ms", 1000);
  const auto count = static_cast<size_t>(call.fault->integer("count", 3));
  if (call.struck_by("S1.slow_first_event")) {
    wire.raw = true;
    if (!wire.frames.empty()) wire.frames.front().wait_before = ms;
  } else if (call.struck_by("S1.slow_events")) {
    for (Frame& frame : wire.frames) frame.wait_before = ms;
  } else if (call.struck_by("S1.stall")) {
    wire.raw = true;
    wire.frames.resize(std::min(middle, wire.frames.size()));
    wire.end = StreamEnd::stall;
  } else if (call.struck_by("S1.keepalive_comments")) {
    wire.frames.insert(wire.frames.begin(), count, Frame{": keepalive\n\n", ms});
  } else if (call.struck_by("S1.keepalive_events")) {
    wire.frames.insert(wire.frames.begin(), count,
                       Frame{"event: keepalive\ndata: {\"type\":\"keepalive\"}\n\n", ms});
  }
}

void cut_within(Frame& frame) {
  frame.bytes.resize(frame.bytes.size() / 2);
}

void apply_cut(Call& call, Wire& wire, size_t middle) {
  if (!call.struck_by_family("S2.")) return;
  const std::string& id = call.fault->id();
  auto keep = [&wire](size_t count) { wire.frames.resize(std::min(count, wire.frames.size())); };
  wire.raw = true;
  if (id == "S2.rst_mid_event") {
    keep(middle + 1);
    cut_within(wire.frames.back());
    wire.end = StreamEnd::reset;
  } else if (id == "S2.eof_mid_event") {
    keep(middle + 1);
    cut_within(wire.frames.back());
  } else if (id == "S2.eof_between_events") {
    keep(middle);
  } else if (id == "S2.eof_in_chunk") {
    keep(middle);
    wire.last_raw = "ff\r\nevent: response.output_te";
    wire.end = StreamEnd::close;
  } else if (id == "S2.eof_after_done") {
    std::string& last = wire.frames.back().bytes;
    while (!last.empty() && last.back() == '\n') last.pop_back();
  } else if (id == "S2.close_delimited") {
    wire.chunked = false;
    wire.end = StreamEnd::close;
  }
}

void apply_framing(Call& call, Wire& wire) {
  const std::string& id = call.fault->id();
  if (call.struck_by("S3.bom") && !wire.frames.empty()) wire.frames.front().bytes.insert(0, "\xEF\xBB\xBF");
  if (call.struck_by("S3.no_final_blank") && !wire.frames.empty()) wire.frames.back().bytes.pop_back();
  if (call.struck_by("S3.no_content_type")) wire.headers.set("Content-Type", "");
  if (call.struck_by("S3.charset")) wire.headers.set("Content-Type", "text/event-stream; charset=utf-8");
  if (call.struck_by("S3.gzip") || call.struck_by("S3.gzip_unrequested") || call.struck_by("S3.br") ||
      call.struck_by("S3.zstd")) {
    const std::string coding = id == "S3.br" ? "br" : id == "S3.zstd" ? "zstd" : "gzip";
    const bool asked = call.header("accept-encoding").find(coding) != std::string_view::npos;
    if (!asked && id != "S3.gzip_unrequested") return;
    const std::string body = joined(wire.frames);
    wire.frames = {Frame{coding == "br"     ? encode_brotli_stored(body)
                         : coding == "zstd" ? encode_zstd_stored(body)
                                            : encode_gzip(body)}};
    wire.headers.set("Content-Encoding", coding);
  }
  (void)call.struck_by_family("S3.");  // the rest is the business of SseStyle
}

// Cuts `bytes` at the given places into frames of their own.
void append_cut(std::vector<Frame>& frames, const std::string& bytes, const std::vector<size_t>& cuts) {
  size_t start = 0;
  for (size_t cut : cuts) {
    if (cut > start) frames.push_back(Frame{bytes.substr(start, cut - start), 1});
    start = cut;
  }
  frames.push_back(Frame{bytes.substr(start), 1});
}

void apply_chunking(Call& call, Wire& wire) {
  const std::string all = joined(wire.frames);
  std::vector<size_t> cuts;
  if (call.struck_by("S4.bytewise")) {
    wire.frames.clear();
    for (char c : all) wire.frames.push_back(Frame{std::string(1, c)});
    wire.may_pace = false;
    return;
  }
  if (call.struck_by("S4.one_segment")) {
    wire.frames = {Frame{all}};
    wire.may_pace = false;
    return;
  }
  if (call.struck_by("S4.split_utf8")) {
    size_t within = 0;
    for (size_t i = 0; i + 3 < all.size(); ++i) {
      if ((static_cast<unsigned char>(all[i]) & 0xF8) == 0xF0) cuts.push_back(i + 1 + within++ % 3);
    }
  } else if (call.struck_by("S4.split_crlf")) {
    for (size_t i = 0; i < all.size(); ++i) {
      if (all[i] == '\r') cuts.push_back(i + 1);
    }
  } else {
    return;
  }
  wire.frames.clear();
  wire.may_pace = false;
  append_cut(wire.frames, all, cuts);
}

void apply_flood(Call& call, StreamDialect dialect, Wire& wire) {
  if (!call.struck_by("S12.flood") || wire.frames.empty()) return;
  const std::string filler(1000, 'f');
  Event event;
  if (dialect == StreamDialect::responses) {
    event.name = "response.output_text.delta";
    event.data =
        R"({"type":"response.output_text.delta","item_id":"msg_flood","output_index":1,"content_index":0,"delta":")" +
        filler + "\"}";
  } else {
    event.data =
        R"({"id":"chatcmpl-flood","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":")" +
        filler + R"("},"finish_reason":null}]})";
  }
  Frame frame;
  append_event(frame.bytes, event);
  const int64_t total = call.fault->integer("bytes", 100 << 20);
  frame.repeat = std::max<int64_t>(total / static_cast<int64_t>(frame.bytes.size()), 1);
  wire.frames.insert(wire.frames.begin() + static_cast<long>(wire.frames.size() / 2), std::move(frame));
}

}  // namespace

Wire to_wire(Call& call, StreamDialect dialect, const std::vector<Event>& events) {
  Wire wire;
  const SseStyle style = call.fault ? sse_style_of(call.fault->id()) : SseStyle{};
  wire.frames.reserve(events.size());
  for (const Event& event : events) {
    wire.frames.emplace_back();
    append_event(wire.frames.back().bytes, event, style);
  }
  if (call.fault) {
    const size_t middle = breaking_point(call, events);
    apply_slowness(call, wire, middle);
    apply_cut(call, wire, middle);
    apply_framing(call, wire);
    apply_chunking(call, wire);
    apply_flood(call, dialect, wire);
  }
  return wire;
}

}  // namespace valetkey::emulator
