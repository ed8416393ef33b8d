// How this relay names itself to the providers: never by a vendor's name (product.md, terms).
#pragma once

#include <string_view>

namespace valetkey::providers {

constexpr std::string_view kUserAgent = "valetkey/0.1.0";

}  // namespace valetkey::providers
