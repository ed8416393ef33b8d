#pragma once

namespace valetkey {

constexpr const char* kVersion = "0.1.0";

}  // namespace valetkey
