#include "domain/accounts/cbor.h"

#include <gtest/gtest.h>

#include "domain/accounts/passkey_authenticator_test_support.h"

namespace valetkey::accounts {
namespace {

using namespace std::string_literals;

TEST(Cbor, ReadsIntegersOfEverySize) {
  const std::pair<std::string, int64_t> vectors[] = {
      {"\x00"s, 0},           {"\x17"s, 23},          {"\x18\x18"s, 24},
      {"\x18\xff"s, 255},     {"\x19\x01\x00"s, 256}, {"\x1a\x00\x01\x00\x00"s, 65536},
      {"\x20"s, -1},          {"\x38\x63"s, -100},    {"\x1b\x7f\xff\xff\xff\xff\xff\xff\xff"s, INT64_MAX},
      {"\x39\x01\x00"s, -257}};
  for (const auto& [bytes, value] : vectors) {
    CborReader reader(bytes);
    auto read = reader.integer();
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(*read, value);
    EXPECT_TRUE(reader.rest().empty());
  }
  for (const std::string& bad :
       {"\x1b\x80\x00\x00\x00\x00\x00\x00\x00"s, "\x19\x01"s, ""s, "\x1c"s, "\x1f"s, "\x40"s}) {
    EXPECT_FALSE(CborReader(bad).integer().ok());
  }
}

TEST(Cbor, ReadsStringsAndMapsThatAreWholly) {
  const std::string map =
      cbor_head(5, 2) + cbor_text("a") + cbor_bytes("xyz") + cbor_text("b") + cbor_int(-7);
  CborReader reader(map);
  EXPECT_EQ(*reader.map(), 2u);
  EXPECT_EQ(*reader.text(), "a");
  EXPECT_EQ(*reader.bytes(), "xyz");
  EXPECT_EQ(*reader.text(), "b");
  EXPECT_EQ(*reader.integer(), -7);
  EXPECT_EQ(reader.next_type(), CborReader::Type::end);
  for (size_t size = 0; size < map.size(); ++size) {
    EXPECT_FALSE(CborReader(std::string_view(map).substr(0, size)).skip().ok()) << size;
  }
  CborReader again(map);
  EXPECT_TRUE(again.skip().ok());
  EXPECT_TRUE(again.rest().empty());
}

TEST(Cbor, CountsBeyondTheInputCostNothing) {
  for (const std::string& bad : {"\xbb\xff\xff\xff\xff\xff\xff\xff\xff"s, "\xba\xff\xff\xff\xff\x00\x00"s,
                                 "\x9b\xff\xff\xff\xff\xff\xff\xff\xff"s,
                                 "\x5b\xff\xff\xff\xff\xff\xff\xff\xff"s, "\x7a\xff\xff\xff\xff"s}) {
    EXPECT_FALSE(CborReader(bad).skip().ok());
    EXPECT_FALSE(CborReader(bad).map().ok());
    EXPECT_FALSE(CborReader(bad).bytes().ok());
    EXPECT_FALSE(CborReader(bad).text().ok());
  }
}

TEST(Cbor, IndefiniteLengthsTagsFloatsAndBreaksAreRefused) {
  for (const std::string& bad :
       {"\x5f\x41x\xff"s, "\x9f\xff"s, "\xbf\xff"s, "\xc0\x00"s, "\xf9\x3c\x00"s, "\xfa\x00\x00\x00\x00"s,
        "\xfb\x00\x00\x00\x00\x00\x00\x00\x00"s, "\xff"s, "\xf8\x18"s}) {
    EXPECT_FALSE(CborReader(bad).skip().ok());
  }
  for (const std::string& good : {"\xf4"s, "\xf5"s, "\xf6"s}) EXPECT_TRUE(CborReader(good).skip().ok());
}

TEST(Cbor, NestingHasALimit) {
  const auto nested = [](int depth) { return std::string(static_cast<size_t>(depth), '\x81') + "\x00"s; };
  EXPECT_TRUE(CborReader(nested(kMaxCborDepth)).skip().ok());
  EXPECT_FALSE(CborReader(nested(kMaxCborDepth + 1)).skip().ok());
  EXPECT_FALSE(CborReader(nested(1'000'000)).skip().ok());
}

}  // namespace
}  // namespace valetkey::accounts
