// Chunked bodies: every way to cut the input gives the same result, and what is accepted is written back the
// same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "foundation/http/h1.h"

namespace {

using namespace valetkey::http;

struct Outcome {
  std::string body;
  bool failed = false;
  bool done = false;
  size_t used = 0;
  bool operator==(const Outcome&) const = default;
};

Outcome decode(std::string_view wire, size_t step) {
  Outcome out;
  ChunkDecoder decoder;
  while (out.used < wire.size() && !decoder.done()) {
    std::string piece(wire.substr(out.used, step));
    std::string_view input = piece;
    while (!input.empty() && !decoder.done()) {
      auto data = decoder.next(input);
      if (!data.ok()) {
        out.failed = true;
        out.used = 0;
        return out;
      }
      out.body += *data;
    }
    out.used += piece.size() - input.size();
  }
  out.done = decoder.done();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  std::string_view wire(reinterpret_cast<const char*>(data + 1), size - 1);
  Outcome whole = decode(wire, wire.size() + 1);
  Outcome cut = decode(wire, size_t{data[0]} % 17 + 1);
  if (whole.failed != cut.failed) std::abort();
  if (!whole.failed && !(whole == cut)) std::abort();
  if (!whole.done) return 0;
  std::string again;
  append_chunk(again, whole.body);
  again += kLastChunk;
  Outcome back = decode(again, again.size());
  if (!back.done || back.body != whole.body) std::abort();
  return 0;
}
