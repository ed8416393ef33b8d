// Any split of a stream into feeds gives the same events, and the same verdict on its size.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/http/sse.h"

namespace {

using valetkey::http::SseEvent;
using valetkey::http::SseReader;

constexpr size_t kLimit = 64;

struct Outcome {
  std::vector<std::pair<std::string, std::string>> events;
  bool too_large = false;
  bool operator==(const Outcome&) const = default;
};

// Takes what next() gives; false when the reader refuses.
bool drain(SseReader& reader, Outcome& out) {
  SseEvent event;
  for (;;) {
    auto more = reader.next(event);
    if (!more.ok()) return false;
    if (!*more) return true;
    out.events.emplace_back(event.event, event.data);
  }
}

// Feeds pieces of 1 to `step` bytes, chosen by `seed`, each in memory of its own.
Outcome read_in_pieces(std::string_view text, size_t step, uint32_t seed) {
  SseReader reader(kLimit);
  Outcome out;
  while (!text.empty()) {
    seed = seed * 1664525 + 1013904223;
    size_t size = std::min(text.size(), 1 + (seed >> 16) % step);
    std::unique_ptr<char[]> own(new char[size]);
    text.copy(own.get(), size);
    text.remove_prefix(size);
    reader.feed({own.get(), size});
    if (!drain(reader, out)) {
      out.too_large = true;
      return out;
    }
  }
  SseEvent event;
  auto last = reader.finish(event);
  out.too_large = !last.ok();
  if (last.ok() && *last) out.events.emplace_back(event.event, event.data);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  Outcome whole = read_in_pieces(text, 1, 0);  // byte by byte
  for (size_t step : {size_t{2}, size_t{7}, size_t{40}, size + 1}) {
    if (read_in_pieces(text, step, static_cast<uint32_t>(size * 2654435761u)) != whole) std::abort();
  }
  return 0;
}
