#include "foundation/base/metrics.h"

#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <utility>

namespace valetkey::metrics {
namespace {

// Threads take a shard in the order they first count something.
size_t shard_of_this_thread() {
  static std::atomic<size_t> arrivals = 0;
  thread_local size_t shard = arrivals.fetch_add(1, std::memory_order_relaxed) % kShards;
  return shard;
}

std::string seconds_text(int64_t micros) {
  char text[48];
  snprintf(text, sizeof text, "%lld.%06lld", static_cast<long long>(micros / 1'000'000),
           static_cast<long long>(micros % 1'000'000));
  std::string out(text);
  out.erase(out.find_last_not_of('0') + 1);
  if (out.back() == '.') out.pop_back();
  return out;
}

std::string series(std::string_view name, std::string_view labels, std::string_view more = "") {
  std::string out(name);
  if (labels.empty() && more.empty()) return out;
  out.append("{").append(labels);
  if (!labels.empty() && !more.empty()) out.push_back(',');
  return out.append(more).append("}");
}

void append_sample(std::string& out, const std::string& what, std::string_view value) {
  out.append(what).append(" ").append(value).append("\n");
}

void append_help(std::string& out, std::string_view help) {
  for (char c : help) {
    if (c == '\\') {
      out.append("\\\\");
    } else if (c == '\n') {
      out.append("\\n");
    } else {
      out.push_back(c);
    }
  }
}

}  // namespace

void Counter::add(int64_t amount) {
  shards_[shard_of_this_thread()].value.fetch_add(amount, std::memory_order_relaxed);
}

int64_t Counter::value() const {
  int64_t sum = 0;
  for (const Shard& shard : shards_) sum += shard.value.load(std::memory_order_relaxed);
  return sum;
}

void Histogram::observe(int64_t micros) {
  size_t bucket = 0;
  while (bucket < kBoundsMicros.size() && micros > kBoundsMicros[bucket]) ++bucket;
  buckets_[bucket].add();
  sum_.add(micros);
}

// A family is one name with its help; its series differ by labels. Everything created stays until the
// registry ends.
struct Registry::Entries {
  struct Series {
    std::string labels;
    std::unique_ptr<Counter> counter;
    std::unique_ptr<Histogram> histogram;
    std::function<int64_t()> gauge;
  };
  struct Family {
    std::string name, help;
    const char* type;
    std::vector<Series> series;
  };

  Series& find_or_create(std::string name, std::string help, const char* type, std::string labels) {
    Family& family = find_or_create_family(std::move(name), std::move(help), type);
    for (Series& known : family.series) {
      if (known.labels == labels) return known;
    }
    family.series.push_back(Series{std::move(labels), nullptr, nullptr, nullptr});
    return family.series.back();
  }

  Family& find_or_create_family(std::string name, std::string help, const char* type) {
    for (Family& known : families) {
      if (known.name != name) continue;
      // Two kinds under one name would hand out a null reference: a defect, found at start-up.
      if (std::string_view(known.type) != type) std::abort();
      return known;
    }
    families.push_back(Family{std::move(name), std::move(help), type, {}});
    return families.back();
  }

  mutable std::mutex mutex;
  std::vector<Family> families;
};

Registry::Registry() : entries_(std::make_unique<Entries>()) {}
Registry::~Registry() = default;

Counter& Registry::counter(std::string name, std::string help, std::string labels) {
  std::lock_guard lock(entries_->mutex);
  auto& entry = entries_->find_or_create(std::move(name), std::move(help), "counter", std::move(labels));
  if (!entry.counter) entry.counter = std::make_unique<Counter>();
  return *entry.counter;
}

Histogram& Registry::histogram(std::string name, std::string help, std::string labels) {
  std::lock_guard lock(entries_->mutex);
  auto& entry = entries_->find_or_create(std::move(name), std::move(help), "histogram", std::move(labels));
  if (!entry.histogram) entry.histogram = std::make_unique<Histogram>();
  return *entry.histogram;
}

void Registry::gauge(std::string name, std::string help, std::function<int64_t()> read) {
  std::lock_guard lock(entries_->mutex);
  entries_->find_or_create(std::move(name), std::move(help), "gauge", "").gauge = std::move(read);
}

std::string Registry::text() const {
  auto append_histogram = [](std::string& out, const std::string& name, const Entries::Series& entry) {
    const Histogram& histogram = *entry.histogram;
    int64_t below = 0;
    for (size_t i = 0; i < Histogram::kBoundsMicros.size(); ++i) {
      below += histogram.buckets_[i].value();
      std::string bound = "le=\"" + seconds_text(Histogram::kBoundsMicros[i]) + "\"";
      append_sample(out, series(name + "_bucket", entry.labels, bound), std::to_string(below));
    }
    below += histogram.buckets_.back().value();
    append_sample(out, series(name + "_bucket", entry.labels, "le=\"+Inf\""), std::to_string(below));
    append_sample(out, series(name + "_sum", entry.labels), seconds_text(histogram.sum_.value()));
    append_sample(out, series(name + "_count", entry.labels), std::to_string(below));
  };

  std::lock_guard lock(entries_->mutex);
  std::string out;
  for (const auto& family : entries_->families) {
    out.append("# HELP ").append(family.name).append(" ");
    append_help(out, family.help);
    out.append("\n# TYPE ").append(family.name).append(" ").append(family.type).append("\n");
    for (const auto& entry : family.series) {
      if (entry.counter)
        append_sample(out, series(family.name, entry.labels), std::to_string(entry.counter->value()));
      if (entry.histogram) append_histogram(out, family.name, entry);
      if (entry.gauge) append_sample(out, series(family.name, entry.labels), std::to_string(entry.gauge()));
    }
  }
  return out;
}

}  // namespace valetkey::metrics
