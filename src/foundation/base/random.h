// Randomness as an argument. The system's generator lives in crypto/random.h; tests use a seeded one.
#pragma once

#include <cstddef>
#include <string>

namespace valetkey {

class Random {
 public:
  virtual ~Random() = default;
  // Fills the buffer. Thread-safe. Cannot fail: a broken system generator ends the process.
  virtual void fill(void* data, size_t size) = 0;

  std::string bytes(size_t count) {
    std::string out(count, '\0');
    fill(out.data(), count);
    return out;
  }
};

}  // namespace valetkey
