// The codes of RFC 6238 over RFC 4226: HMAC-SHA1, six digits, steps of 30 seconds. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "foundation/base/clock.h"
#include "foundation/base/secret.h"

namespace valetkey::accounts {

constexpr Millis kTotpStep = 30 * kSecond;
constexpr int64_t kTotpDrift = 1;  // steps a clock may be off, either way
constexpr size_t kTotpDigits = 6;
constexpr size_t kTotpSecretSize = 20;  // bytes: RFC 4226 section 4, R6

std::string totp_code(const Secret& secret, int64_t step, size_t digits = kTotpDigits);

// The first step after `last_step` within the drift whose code this is. Spaces in `code` do not count. Takes
// the same time whichever step it is, and for none.
std::optional<int64_t> find_totp_step(const Secret& secret, std::string_view code, Millis now,
                                      int64_t last_step);

// "otpauth://totp/Issuer:account?...", as authenticator apps read it from a QR code.
std::string otpauth_uri(const Secret& base32, std::string_view issuer, std::string_view account);

}  // namespace valetkey::accounts
