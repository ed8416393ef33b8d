#include "encodings.h"

#include <zlib.h>

#include <algorithm>
#include <cstdint>

namespace valetkey::emulator {

std::string encode_gzip(std::string_view body) {
  z_stream stream{};
  constexpr int kGzipWindow = 15 + 16;
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  std::string out(deflateBound(&stream, static_cast<uLong>(body.size())) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string encode_brotli_stored(std::string_view body) {
  std::string out;
  uint32_t bits = 0;
  int filled = 0;
  auto put = [&](uint32_t value, int count) {
    bits |= value << filled;
    filled += count;
    while (filled >= 8) {
      out += static_cast<char>(bits & 0xFF);
      bits >>= 8;
      filled -= 8;
    }
  };
  put(0, 1);  // WBITS 16
  while (!body.empty()) {
    const size_t size = std::min<size_t>(body.size(), 65536);
    put(0, 1);  // ISLAST
    put(0, 2);  // MNIBBLES 4
    put(static_cast<uint32_t>(size - 1), 16);
    put(1, 1);  // ISUNCOMPRESSED
    if (filled > 0) put(0, 8 - filled);
    out.append(body.substr(0, size));
    body.remove_prefix(size);
  }
  put(3, 2);  // ISLAST, ISLASTEMPTY
  if (filled > 0) put(0, 8 - filled);
  return out;
}

std::string encode_zstd_stored(std::string_view body) {
  std::string out("\x28\xB5\x2F\xFD", 4);
  out += '\0';                     // descriptor: window follows, no content size, no checksum
  out += static_cast<char>(0x48);  // window 512 KiB
  do {
    const size_t size = std::min<size_t>(body.size(), 65536);
    const bool last = size == body.size();
    const auto header = static_cast<uint32_t>((size << 3) | (last ? 1 : 0));  // block type 0: raw
    out += static_cast<char>(header & 0xFF);
    out += static_cast<char>((header >> 8) & 0xFF);
    out += static_cast<char>((header >> 16) & 0xFF);
    out.append(body.substr(0, size));
    body.remove_prefix(size);
  } while (!body.empty());
  return out;
}

}  // namespace valetkey::emulator
