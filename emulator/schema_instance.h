// A small JSON value that satisfies a JSON schema: $ref, $defs, anyOf, oneOf, allOf, const, enum, type,
// required, bounds, formats. Values are taken from the hints where a property's name suggests one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/json.h"

namespace valetkey::emulator {

struct Hints {
  std::string prompt;                 // the user's last words
  std::vector<std::string> subjects;  // names and quoted words in it, best first
  std::string command;                // a shell command it asks to run; empty = none
};

// JSON text. An absent schema gives "{}".
std::string make_instance(const Json& schema, const Hints& hints);

}  // namespace valetkey::emulator
