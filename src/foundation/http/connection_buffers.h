// The read buffer that a connection keeps.
#pragma once

#include <cstring>
#include <memory>
#include <string_view>

#include "foundation/base/secret.h"

namespace valetkey::http {

// Bytes read and not used yet, in one piece. Starts small, grows by doubling, forgets a large block after
// use.
class ReadBuffer {
 public:
  static constexpr size_t kInitial = 2048;
  static constexpr size_t kKept = 8192;  // a larger block is given back between requests

  std::string_view view() const { return {data_.get(), size_}; }
  char* data() { return data_.get(); }
  size_t size() const { return size_; }
  char* tail() { return data_.get() + size_; }
  size_t room() const { return capacity_ - size_; }
  void added(size_t bytes) { size_ += bytes; }

  // At least one byte of room; moves the bytes.
  void make_room() {
    if (room() == 0) reallocate(capacity_ == 0 ? kInitial : capacity_ * 2);
  }
  // Cuts `bytes` out at `position`; nothing of them stays behind.
  void remove(size_t position, size_t bytes) {
    if (bytes == 0) return;  // there may be no block yet
    std::memmove(data_.get() + position, data_.get() + position + bytes, size_ - position - bytes);
    size_ -= bytes;
    wipe_bytes(tail(), bytes);
  }
  // Drops the first bytes, and the block when it has grown large.
  void consume(size_t bytes) {
    remove(0, bytes);
    if (capacity_ > kKept && size_ <= kInitial) reallocate(kInitial);
  }

 private:
  void reallocate(size_t capacity) {
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ > 0) std::memcpy(larger.get(), data_.get(), size_);
    data_ = std::move(larger);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> data_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace valetkey::http
