// Counters, gauges and histograms in Prometheus' text format. Each series is created once at start-up and
// kept as a reference; adding is one relaxed atomic on a cache line of the calling thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace valetkey::metrics {

constexpr size_t kShards = 16;  // threads map onto them by arrival

struct alignas(64) Shard {
  std::atomic<int64_t> value = 0;
};

class Counter {
 public:
  void add(int64_t amount = 1);
  int64_t value() const;

 private:
  std::array<Shard, kShards> shards_;
};

// Buckets are upper bounds in the unit the name says (e.g. _seconds); observe() takes microseconds.
class Histogram {
 public:
  void observe(int64_t micros);
  static constexpr std::array<int64_t, 12> kBoundsMicros = {100,       250,       1'000,      5'000,
                                                            25'000,    100'000,   250'000,    500'000,
                                                            1'000'000, 5'000'000, 30'000'000, 120'000'000};

 private:
  friend class Registry;
  std::array<Counter, kBoundsMicros.size() + 1> buckets_;
  Counter sum_;
};

// `labels` is already in text form, e.g. provider="openai",status="200"; values must come from fixed sets.
class Registry {
 public:
  Registry();
  ~Registry();
  Counter& counter(std::string name, std::string help, std::string labels = "");
  Histogram& histogram(std::string name, std::string help, std::string labels = "");
  // Asked at scrape time.
  void gauge(std::string name, std::string help, std::function<int64_t()> read);
  std::string text() const;

 private:
  struct Entries;
  std::unique_ptr<Entries> entries_;
};

}  // namespace valetkey::metrics
