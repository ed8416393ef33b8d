// Which URL that an upstream names may be sent a token. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/http/url.h"

namespace valetkey::providers {

// `named` parsed, when it may be trusted: https on one of `trusted_hosts` or a subdomain of one; or the very
// origin of `configured` (what the operator wrote); or any loopback origin when `configured` is on loopback
// itself (the emulator).
std::optional<http::Url> trusted_endpoint(std::string_view named, std::string_view configured,
                                          const std::vector<std::string>& trusted_hosts);

bool is_loopback_host(std::string_view host);

}  // namespace valetkey::providers
