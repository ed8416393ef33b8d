// Which addresses a server may connect to when a stranger names the host: only what is globally reachable by
// the IANA special-purpose registries (RFC 6890). Pure.
#pragma once

#include <string_view>

namespace valetkey::net {

enum class AddressKind {
  global,
  loopback,  // 127.0.0.0/8 and ::1, spelt as such
  special,   // private, link-local, shared, documentation, multicast, reserved..., or no address at all
};

// `numeric`: dotted decimal or RFC 4291 text as inet_ntop writes it; an IPv6 zone makes it special. An IPv6
// address that carries an IPv4 address (v4-mapped, NAT64, 6to4) is global only when that one is.
AddressKind kind_of_address(std::string_view numeric);

}  // namespace valetkey::net
