// Which passwords are taken: long enough, and not one that every guesser tries first (NIST SP 800-63B section
// 5.1.1.2: no rules about kinds of characters). Pure.
#pragma once

#include <optional>
#include <string_view>

#include "domain/accounts/accounts.h"

namespace valetkey::accounts {

// Nothing: it may be used. `email` (canonical) may be empty.
std::optional<AccountProblem> refuse_password(const Secret& password, std::string_view email);

// Among the few hundred that are guessed first; `lower_case` of at least kMinPassword characters.
bool is_common_password(std::string_view lower_case);

}  // namespace valetkey::accounts
