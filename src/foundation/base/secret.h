// Secret: bytes that are wiped on destruction and can be neither printed, logged nor compared by accident.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace valetkey {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string bytes) : bytes_(std::move(bytes)) {}
  explicit Secret(std::string_view bytes) : bytes_(bytes) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept;
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret() {
    if (!bytes_.empty()) wipe();
  }

  // The one way to the bytes; the view lives as long as this object. Search for reveal() to audit every use.
  std::string_view reveal() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }
  size_t size() const { return bytes_.size(); }

  // Constant time for equal lengths.
  friend bool operator==(const Secret& a, const Secret& b);

 private:
  void wipe();
  std::string bytes_;
};

// Overwrites the bytes in a way the compiler keeps.
void wipe_bytes(void* data, size_t size);

}  // namespace valetkey
