#include "foundation/net/public_address.h"

#include <arpa/inet.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <string>

namespace valetkey::net {
namespace {

struct V4Range {
  uint32_t network;
  unsigned bits;
};

constexpr uint32_t v4(unsigned a, unsigned b, unsigned c, unsigned d) {
  return a << 24 | b << 16 | c << 8 | d;
}

// RFC 6890 and the IANA registry's later entries.
constexpr V4Range kSpecialV4[] = {
    {v4(0, 0, 0, 0), 8},        // this network
    {v4(10, 0, 0, 0), 8},       // private
    {v4(100, 64, 0, 0), 10},    // shared, carrier-grade NAT
    {v4(127, 0, 0, 0), 8},      // loopback
    {v4(169, 254, 0, 0), 16},   // link-local, cloud metadata
    {v4(172, 16, 0, 0), 12},    // private
    {v4(192, 0, 0, 0), 24},     // protocol assignments
    {v4(192, 0, 2, 0), 24},     // documentation
    {v4(192, 88, 99, 0), 24},   // 6to4 relays, withdrawn
    {v4(192, 168, 0, 0), 16},   // private
    {v4(198, 18, 0, 0), 15},    // benchmarks
    {v4(198, 51, 100, 0), 24},  // documentation
    {v4(203, 0, 113, 0), 24},   // documentation
    {v4(224, 0, 0, 0), 4},      // multicast
    {v4(240, 0, 0, 0), 4},      // reserved, broadcast
};

constexpr bool within(uint32_t address, V4Range range) {
  return ((address ^ range.network) >> (32 - range.bits)) == 0;
}

AddressKind kind_of_v4(uint32_t address) {
  if (within(address, {v4(127, 0, 0, 0), 8})) return AddressKind::loopback;
  for (V4Range range : kSpecialV4) {
    if (within(address, range)) return AddressKind::special;
  }
  return AddressKind::global;
}

using V6 = std::array<uint8_t, 16>;

struct V6Range {
  V6 network;
  unsigned bits;
};

constexpr V6Range kMapped{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96};  // ::ffff:0:0/96
constexpr V6Range kNat64{{0x00, 0x64, 0xff, 0x9b}, 96};                     // 64:ff9b::/96, RFC 6052
constexpr V6Range kSixToFour{{0x20, 0x02}, 16};                             // 2002::/16, RFC 3056
constexpr V6Range kGlobalUnicast{{0x20}, 3};                                // 2000::/3: all else is special
constexpr V6Range kSpecialV6[] = {
    {{0x20, 0x01}, 23},              // protocol assignments: Teredo, ORCHID, benchmarks
    {{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation
    {{0x3f, 0xff}, 20},              // documentation, RFC 9637
};

bool within(const V6& address, const V6Range& range) {
  for (unsigned i = 0; i < range.bits; ++i) {
    unsigned mask = 0x80U >> (i % 8);
    if (((address[i / 8] ^ range.network[i / 8]) & mask) != 0) return false;
  }
  return true;
}

// The IPv4 address at `at` decides; loopback hidden in IPv6 is nobody's honest spelling.
AddressKind kind_of_carried(const V6& address, size_t at) {
  uint32_t inner = v4(address[at], address[at + 1], address[at + 2], address[at + 3]);
  return kind_of_v4(inner) == AddressKind::global ? AddressKind::global : AddressKind::special;
}

AddressKind kind_of_v6(const V6& address) {
  V6 loopback{};
  loopback[15] = 1;
  if (address == loopback) return AddressKind::loopback;
  if (within(address, kMapped) || within(address, kNat64)) return kind_of_carried(address, 12);
  if (within(address, kSixToFour)) return kind_of_carried(address, 2);
  for (const V6Range& range : kSpecialV6) {
    if (within(address, range)) return AddressKind::special;
  }
  return within(address, kGlobalUnicast) ? AddressKind::global : AddressKind::special;
}

}  // namespace

AddressKind kind_of_address(std::string_view numeric) {
  const std::string text(numeric);
  if (text.find('\0') != std::string::npos) return AddressKind::special;
  in_addr four{};
  if (inet_pton(AF_INET, text.c_str(), &four) == 1) return kind_of_v4(ntohl(four.s_addr));
  V6 six{};
  if (inet_pton(AF_INET6, text.c_str(), six.data()) == 1) return kind_of_v6(six);
  return AddressKind::special;
}

}  // namespace valetkey::net
