// Command line of the emulator.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "foundation/base/result.h"
#include "world.h"

namespace valetkey::emulator {

extern const std::string_view kUsage;
// Code::invalid_argument says which option is wrong.
Result<Options> read_options(std::span<char* const> arguments);

}  // namespace valetkey::emulator
