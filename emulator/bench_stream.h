// The fixed answer of the benchmarks: 38 events, 8,417 bytes, 32 of them text deltas.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/json.h"

namespace valetkey::emulator {

constexpr size_t kBenchEvents = 38;
constexpr size_t kBenchBytes = 8417;
constexpr size_t kBenchDeltas = 32;

struct BenchStream {
  std::string bytes;
  std::vector<std::string_view> events;  // into bytes
};
const BenchStream& bench_stream();

// The last user text of a responses request begins with "bench".
bool asks_for_bench_stream(const Json& body);

}  // namespace valetkey::emulator
