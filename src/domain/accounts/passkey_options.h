// What the page gives to navigator.credentials, as parseCreationOptionsFromJSON and
// parseRequestOptionsFromJSON take it: binary members in base64url. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/accounts/second_factors.h"

namespace valetkey::accounts {

// `challenge` are bytes. The passkeys in `present` are not to be registered again.
std::string creation_options(const RelyingParty& relying_party, const Person& person,
                             std::string_view challenge, const std::vector<PasskeyRow>& present);
std::string request_options(const RelyingParty& relying_party, std::string_view challenge);

}  // namespace valetkey::accounts
