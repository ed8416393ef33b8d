#include "foundation/base/secret.h"

#include <cstring>

namespace valetkey {

void wipe_bytes(void* data, size_t size) {
  if (size > 0) ::explicit_bzero(data, size);  // an empty container may have no data
}

// A moved-from std::string with short contents keeps its bytes in place, so a move must wipe the source too.
Secret::Secret(Secret&& other) noexcept
    : bytes_(other.bytes_.size() < 32 ? other.bytes_ : std::move(other.bytes_)) {
  other.wipe();
}

Secret& Secret::operator=(const Secret& other) {
  if (this != &other) {
    wipe();
    bytes_ = other.bytes_;
  }
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    if (other.bytes_.size() < 32) {
      bytes_ = other.bytes_;
    } else {
      bytes_ = std::move(other.bytes_);
    }
    other.wipe();
  }
  return *this;
}

void Secret::wipe() {
  wipe_bytes(bytes_.data(), bytes_.size());
  bytes_.clear();
}

bool operator==(const Secret& a, const Secret& b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a.bytes_[i]) ^ static_cast<unsigned char>(b.bytes_[i]);
  }
  return difference == 0;
}

}  // namespace valetkey
