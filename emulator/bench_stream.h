// The fixed answer of the benchmarks: 38 events, 8,417 bytes, 32 of them text deltas.
#pragma once

#include <optional>
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

// The last text of a responses request when it begins with "bench", and so asks for this answer.
std::optional<std::string_view> bench_prompt(const Json& body);

}  // namespace valetkey::emulator
