// Memory for one read from a connection, recycled per thread. A response holds one only while bytes lie in
// it, so a thousand waiting streams hold none.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace valetkey::http {

class Block {
 public:
  static constexpr size_t kUsual = 32 * 1024;
  static constexpr size_t kMaxSpare = 64;  // per thread: 2 MB

  Block() = default;  // holds nothing
  explicit Block(size_t capacity);
  Block(Block&& other) noexcept { swap(other); }
  Block& operator=(Block&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Block() { release(); }

  // Wipes what was used and gives the memory back.
  void release();
  // The owner has written up to `end`.
  void used_to(size_t end) { used_ = end > used_ ? end : used_; }
  // More room, the first `used` bytes kept.
  void grow(size_t capacity, size_t used);
  char* data() { return bytes_.get(); }
  size_t capacity() const { return capacity_; }
  explicit operator bool() const { return capacity_ > 0; }
  std::string_view view(size_t begin, size_t end) const { return {bytes_.get() + begin, end - begin}; }

 private:
  void swap(Block& other) noexcept;
  std::unique_ptr<char[]> bytes_;
  size_t capacity_ = 0;
  size_t used_ = 0;
};

}  // namespace valetkey::http
