// Device authorization (RFC 8628): a device shows a code, a person types it into the portal, the device
// polls. The person's AI keys travel sealed to a key pair that only the device code can derive (product.md,
// split keys 3).
#pragma once

#include <optional>
#include <string>

#include "domain/authorization/flow.h"
#include "domain/authorization/tokens.h"

namespace valetkey::authorization {

constexpr size_t kUserCodeLetters = 8;     // of 20: 34 bits, guessed at kWrongGuesses an hour
constexpr int64_t kWrongGuesses = 10;      // of one person within kGuessWindow; one more is refused
constexpr Millis kGuessWindow = kHour;     // begins with the first wrong one
constexpr Millis kSlowDown = 5 * kSecond;  // RFC 8628 section 3.5: added for good at every poll too soon

struct DeviceAuthorization {
  Secret device_code;
  std::string user_code;                 // XXXX-XXXX
  int64_t expires_in = 0, interval = 0;  // seconds
};

// Section 3.1: scope, resource and authorization_details as at the authorization endpoint.
Task<Result<Outcome<DeviceAuthorization>>> begin_device_authorization(const Authority& authority,
                                                                      apps::AuthenticatedClient client,
                                                                      http::Form form);

// What a person typed, in its stored form: case, dashes and spaces do not matter. Nothing: no such code can
// be.
std::optional<std::string> normal_user_code(std::string_view typed);

// A question found by its code, and its name for decide_device: the code itself, so that guessing the one
// costs what guessing the other costs.
struct DeviceQuestion {
  std::string request;
  Question question;  // without redirect
};
// Code::not_found: unknown, over or decided. Code::rate_limited: too many wrong codes.
Task<Result<DeviceQuestion>> ask_device(const Authority& authority, std::string typed,
                                        accounts::BrowserSession session);
// Once: of racing decisions one wins, the others are Code::not_found. Code::invalid_argument: scopes or an AI
// that were not offered. Code::rate_limited as above.
Task<Result<void>> decide_device(const Authority& authority, std::string request,
                                 accounts::BrowserSession session, Decision decision);

// Counters whose window is over; the sweep calls it.
Result<int64_t> forget_wrong_guesses(sql::Transaction& transaction, Millis now);

}  // namespace valetkey::authorization
