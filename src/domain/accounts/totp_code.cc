#include "domain/accounts/totp_code.h"

#include <algorithm>

#include "foundation/crypto/crypto.h"
#include "foundation/crypto/hmac_sha1.h"

namespace valetkey::accounts {
namespace {

std::string percent_encoded(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~' || c == '@';
    const auto byte = static_cast<uint8_t>(c);
    if (plain) {
      out.push_back(c);
    } else {
      out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  return out;
}

}  // namespace

std::string totp_code(const Secret& secret, int64_t step, size_t digits) {
  std::string counter;
  for (int shift = 56; shift >= 0; shift -= 8) counter.push_back(static_cast<char>(step >> shift));
  const std::string mac = crypto::hmac_sha1(secret, counter);
  // RFC 4226 section 5.3: four bytes from where the last half-byte points, without the sign.
  const size_t offset = static_cast<uint8_t>(mac.back()) & 15;
  uint32_t number = 0;
  for (size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<uint8_t>(mac[offset + i]);
  number &= 0x7fffffff;
  std::string code(digits, '0');
  for (auto digit = code.rbegin(); digit != code.rend(); ++digit, number /= 10) {
    *digit = static_cast<char>('0' + number % 10);
  }
  return code;
}

std::optional<int64_t> find_totp_step(const Secret& secret, std::string_view code, Millis now,
                                      int64_t last_step) {
  std::string typed(code.substr(0, 4 * kTotpDigits));
  std::erase(typed, ' ');
  std::optional<int64_t> found;
  for (int64_t step = now / kTotpStep - kTotpDrift; step <= now / kTotpStep + kTotpDrift; ++step) {
    const bool fits = crypto::equal(totp_code(secret, step), typed);
    if (fits && step > last_step && !found) found = step;
  }
  return code.size() <= 4 * kTotpDigits ? found : std::nullopt;
}

std::string otpauth_uri(const Secret& base32, std::string_view issuer, std::string_view account) {
  const std::string name = percent_encoded(issuer);
  return "otpauth://totp/" + name + ":" + percent_encoded(account) +
         "?secret=" + std::string(base32.reveal()) + "&issuer=" + name + "&algorithm=SHA1&digits=6&period=30";
}

}  // namespace valetkey::accounts
