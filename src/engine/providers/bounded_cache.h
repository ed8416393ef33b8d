// A map that forgets what was used longest ago. Thread-safe; values are copied out (keep them small or
// shared).
#pragma once

#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace valetkey::providers {

template <class Value>
class BoundedCache {
 public:
  explicit BoundedCache(size_t capacity) : capacity_(capacity) {}

  std::optional<Value> get(const std::string& key) {
    std::lock_guard lock(mutex_);
    Entry* entry = touch(key);
    if (entry == nullptr) return std::nullopt;
    return entry->second;
  }

  void put(const std::string& key, Value value) {
    std::lock_guard lock(mutex_);
    if (Entry* entry = touch(key)) {
      entry->second = std::move(value);
      return;
    }
    entries_.emplace_front(key, std::move(value));
    places_[key] = entries_.begin();
    if (entries_.size() <= capacity_) return;
    places_.erase(entries_.back().first);
    entries_.pop_back();
  }

  // Changes the value in place, if there is one.
  template <class F>
  void update(const std::string& key, F change) {
    std::lock_guard lock(mutex_);
    if (Entry* entry = touch(key)) change(entry->second);
  }

  void erase(const std::string& key) {
    std::lock_guard lock(mutex_);
    auto place = places_.find(key);
    if (place == places_.end()) return;
    entries_.erase(place->second);
    places_.erase(place);
  }

  size_t size() const {
    std::lock_guard lock(mutex_);
    return entries_.size();
  }

 private:
  using Entry = std::pair<std::string, Value>;

  Entry* touch(const std::string& key) {
    auto place = places_.find(key);
    if (place == places_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, place->second);
    return &*place->second;
  }

  const size_t capacity_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // newest use first
  std::unordered_map<std::string, typename std::list<Entry>::iterator> places_;
};

}  // namespace valetkey::providers
