// HMAC-SHA1 for one-time passwords (RFC 4226, RFC 6238), whose apps know no other. For nothing else.
#pragma once

#include <string>
#include <string_view>

#include "foundation/base/secret.h"

namespace valetkey::crypto {

constexpr size_t kSha1Size = 20;

std::string hmac_sha1(const Secret& key, std::string_view bytes);  // 20 bytes

}  // namespace valetkey::crypto
