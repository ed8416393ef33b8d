// Content codings for scenario S3: gzip by zlib; br and zstd in their stored (uncompressed) forms, which
// every decoder takes. Each makes a whole body.
#pragma once

#include <string>
#include <string_view>

namespace valetkey::emulator {

std::string encode_gzip(std::string_view body);
std::string encode_brotli_stored(std::string_view body);  // RFC 7932 section 9.2, uncompressed meta-blocks
std::string encode_zstd_stored(std::string_view body);    // RFC 8878 section 3.1.1.2, raw blocks

}  // namespace valetkey::emulator
