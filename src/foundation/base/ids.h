// Identifiers: strong string types, ULIDs (26 characters, sortable by time) and random UUIDs.
#pragma once

#include <string>
#include <utility>

#include "foundation/base/clock.h"
#include "foundation/base/random.h"

namespace valetkey {

// A string that cannot be mistaken for another kind of string. StrongId<struct AppTag> etc.
template <class Tag>
struct StrongId {
  std::string value;
  StrongId() = default;
  explicit StrongId(std::string text) : value(std::move(text)) {}
  bool empty() const { return value.empty(); }
  auto operator<=>(const StrongId&) const = default;
};

// Crockford base32: 48 bits of `now`, 80 random bits.
std::string make_ulid(Millis now, Random& random);
// 16 bytes in the spelling of a UUID, lower case; version (RFC 9562) and variant are set in it.
std::string spell_uuid(std::string_view bytes, unsigned version);
std::string make_uuid(Random& random);  // version 4

}  // namespace valetkey
