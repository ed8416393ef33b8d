// Where every id, code and token of the emulator comes from: a seeded sequence (so two runs agree), or the
// system's generator. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "foundation/base/random.h"

namespace valetkey::emulator {

class IdSource final : public Random {
 public:
  explicit IdSource(bool seeded) : seeded_(seeded) {}
  void fill(void* data, size_t size) override;

  // prefix + `hex_digits` lower-case hex digits.
  std::string make(std::string_view prefix, size_t hex_digits = 32);
  std::string make_uuid();
  // "ABCD-12345": letters and digits that cannot be confused with each other.
  std::string make_user_code(size_t left, size_t right);

 private:
  bool seeded_;
  std::atomic<uint64_t> position_ = 0;
};

// A UUID that depends on nothing but the text (account ids of persons).
std::string uuid_of(std::string_view text);

}  // namespace valetkey::emulator
