#include "foundation/sql/postgres/values.h"

#include <gtest/gtest.h>

#include <limits>

#include "foundation/base/strings.h"

namespace valetkey::sql::postgres {
namespace {

std::string encoded(const Value& value, uint32_t type) {
  Encoded out;
  if (!encode(value, type, out)) return "refused";
  return out.data == nullptr ? "null" : to_hex(std::string_view(out.data, static_cast<size_t>(out.size)));
}

TEST(PostgresValues, IntegersTakeTheWidthOfTheirColumn) {
  EXPECT_EQ(encoded(int64_t{1}, kInt8), "0000000000000001");
  EXPECT_EQ(encoded(int64_t{-2}, kInt8), "fffffffffffffffe");
  EXPECT_EQ(encoded(int64_t{-2}, kInt4), "fffffffe");
  EXPECT_EQ(encoded(int64_t{258}, kInt2), "0102");
  EXPECT_EQ(encoded(int64_t{1}, kBool), "01");
  EXPECT_EQ(encoded(int64_t{-12}, kText), to_hex("-12"));
}

TEST(PostgresValues, WhatDoesNotFitIsRefused) {
  EXPECT_EQ(encoded(int64_t{1} << 31, kInt4), "refused");
  EXPECT_EQ(encoded(int64_t{(1 << 15) - 1}, kInt2), "7fff");
  EXPECT_EQ(encoded(int64_t{1 << 15}, kInt2), "refused");
  EXPECT_EQ(encoded(int64_t{2}, kBool), "refused");
  EXPECT_EQ(encoded(int64_t{2}, kBytea), "refused");
  EXPECT_EQ(encoded("2", kInt8), "refused");
  EXPECT_EQ(encoded("2", kBytea), "refused");
  EXPECT_EQ(encoded(Blob{"2"}, kText), "refused");
}

TEST(PostgresValues, NullAndEmptyDiffer) {
  EXPECT_EQ(encoded(std::monostate{}, kInt8), "null");
  EXPECT_EQ(encoded("", kText), "");
  EXPECT_EQ(encoded(Blob{}, kBytea), "");
}

std::optional<int64_t> number(uint32_t type, std::string_view hex) {
  const auto value = decode(type, *from_hex(hex));
  if (!value || !std::holds_alternative<int64_t>(*value)) return std::nullopt;
  return std::get<int64_t>(*value);
}

TEST(PostgresValues, IntegersAreReadWithTheirSign) {
  EXPECT_EQ(number(kInt8, "8000000000000000"), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(number(kInt4, "ffffffff"), -1);
  EXPECT_EQ(number(kInt2, "7fff"), 32767);
  EXPECT_EQ(number(kBool, "01"), 1);
  EXPECT_EQ(number(kInt4, "ffff"), std::nullopt);
}

// digits, weight, sign, scale, then base-10000 digits
TEST(PostgresValues, WholeNumericsAreIntegers) {
  EXPECT_EQ(number(kNumeric, "0000000000000000"), 0);
  EXPECT_EQ(number(kNumeric, "0001000000000000002a"), 42);
  EXPECT_EQ(number(kNumeric, "0001000140000000002a"), -420'000);          // trailing zeros are not sent
  EXPECT_EQ(number(kNumeric, "000200000000000200011388"), std::nullopt);  // 1.50
  EXPECT_EQ(number(kNumeric, "0001ffff000000021388"), std::nullopt);      // 0.50
  EXPECT_EQ(number(kNumeric, "00000000c0000000"), std::nullopt);          // NaN
}

TEST(PostgresValues, NumericsUpToTheLimitsAndOnePast) {
  // 922 3372 0368 5477 5807 and its neighbours
  EXPECT_EQ(number(kNumeric, "0005000400000000039a0d2c0170156516af"), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(number(kNumeric, "0005000400000000039a0d2c0170156516b0"), std::nullopt);
  EXPECT_EQ(number(kNumeric, "0005000440000000039a0d2c0170156516b0"), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(number(kNumeric, "0005000440000000039a0d2c0170156516b1"), std::nullopt);
  EXPECT_EQ(number(kNumeric, "00017fff000000000001"), std::nullopt);
}

TEST(PostgresValues, BrokenNumericsAndUnknownTypes) {
  EXPECT_EQ(number(kNumeric, ""), std::nullopt);
  EXPECT_EQ(number(kNumeric, "00010000000000"), std::nullopt);
  EXPECT_EQ(number(kNumeric, "0002000000000000002a"), std::nullopt);
  EXPECT_EQ(number(kNumeric, "ffff000000000000002a"), std::nullopt);
  EXPECT_FALSE(decode(701, std::string(8, '\0')).has_value());  // float8
  EXPECT_TRUE(std::holds_alternative<std::monostate>(*decode(kVoid, "")));
}

}  // namespace
}  // namespace valetkey::sql::postgres
