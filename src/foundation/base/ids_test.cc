#include "foundation/base/ids.h"

#include <gtest/gtest.h>

#include <cstring>

namespace valetkey {
namespace {

class AllOnes final : public Random {
 public:
  void fill(void* data, size_t size) override { std::memset(data, 0xff, size); }
};

TEST(Ids, UuidsCarryVersionAndVariant) {
  EXPECT_EQ(spell_uuid(std::string(16, '\0'), 8), "00000000-0000-8000-8000-000000000000");
  EXPECT_EQ(spell_uuid("\x01\x23\x45\x67\x89\xab\xcd\xef\xfe\xdc\xba\x98\x76\x54\x32\x10", 5),
            "01234567-89ab-5def-bedc-ba9876543210");
  AllOnes random;
  EXPECT_EQ(make_uuid(random), "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

TEST(Ids, UlidsAreSortedByTime) {
  AllOnes random;
  EXPECT_EQ(make_ulid(0, random), "0000000000ZZZZZZZZZZZZZZZZ");
  EXPECT_EQ(make_ulid(1469918176385, random).substr(0, 10), "01ARYZ6S41");  // the ULID specification's own
  EXPECT_LT(make_ulid(31, random), make_ulid(32, random));
}

}  // namespace
}  // namespace valetkey
