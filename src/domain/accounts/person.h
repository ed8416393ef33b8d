// A person's account. One e-mail address, one person, over all apps.
#pragma once

#include <string>

#include "foundation/base/clock.h"

namespace valetkey::accounts {

constexpr size_t kMaxEmail = 254;
constexpr size_t kMinPassword = 12;  // characters
constexpr size_t kMaxPassword = 256;
constexpr size_t kMaxName = 100;

struct Person {
  std::string id;     // a UUID; the `sub` of tokens
  std::string email;  // lower case
  bool email_verified = true;
  std::string name;  // may be empty
  Millis created_at = 0;
};

}  // namespace valetkey::accounts
