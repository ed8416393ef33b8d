#include "app/wiped_memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace valetkey {
namespace {

// Blocks of the sizes around the border, at every alignment that matters.
TEST(WipedMemory, EveryByteOfABlockIsGoneAndNoneBesideIt) {
  for (size_t size : {size_t{0}, size_t{1}, size_t{4096}, kPagesDroppedFrom - 1, kPagesDroppedFrom,
                      kPagesDroppedFrom + 1, 3 * kPagesDroppedFrom + 4095}) {
    for (size_t offset : {0, 1, 16, 4095}) {
      const size_t all = size + offset + 4096;
      std::unique_ptr<char, decltype(&std::free)> memory(static_cast<char*>(std::malloc(all)), &std::free);
      char* begin = memory.get();
      std::fill(begin, begin + all, 'S');
      wipe_block(begin + offset, size);
      EXPECT_EQ(std::count(begin + offset, begin + offset + size, '\0'), static_cast<long>(size)) << size;
      EXPECT_EQ(std::count(begin, begin + all, 'S'), static_cast<long>(all - size)) << size << "+" << offset;
    }
  }
}

}  // namespace
}  // namespace valetkey
