// Values in PostgreSQL's binary format. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "foundation/sql/database.h"

namespace valetkey::sql::postgres {

// Type numbers of pg_type, fixed for ever.
enum Oid32 : uint32_t {
  kBool = 16,
  kBytea = 17,
  kName = 19,
  kInt8 = 20,
  kInt2 = 21,
  kInt4 = 23,
  kText = 25,
  kUnknown = 705,
  kBpchar = 1042,
  kVarchar = 1043,
  kNumeric = 1700,
  kVoid = 2278,
};

// A parameter on its way: points into the Value, or into `number` for integers.
struct Encoded {
  const char* data = nullptr;  // null = NULL
  int size = 0;
  char number[24] = {};
};
// False when a value of this kind does not fit the parameter's type. `out` must stay where it is.
bool encode(const Value& value, uint32_t type, Encoded& out);

// Nothing for a type this program does not use. numeric (what SUM yields) must be a whole 64-bit number.
std::optional<Value> decode(uint32_t type, std::string_view bytes);

}  // namespace valetkey::sql::postgres
