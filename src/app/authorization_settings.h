// The configuration in the words of accounts, apps and authorization.
#pragma once

#include <string>
#include <vector>

#include "app/config.h"
#include "domain/accounts/second_factors.h"
#include "domain/apps/resources.h"
#include "domain/authorization/jwt_bearer.h"
#include "domain/authorization/options.h"
#include "foundation/mail/mailer.h"

namespace valetkey {

// A key for one purpose, the same on every instance that has the same JWT secrets.
Secret derived(const Config& config, std::string_view purpose);
// One of each JWT secret: the first seals, all open.
std::vector<Secret> derived_ring(const Config& config, std::string_view purpose);
authorization::Options options_of(const Config& config, const std::string& issuer);
// Our own /mcp first, then those configured. Code::invalid_argument.
Result<std::vector<apps::Resource>> resources_of(const Config& config, const std::string& issuer);
Result<std::vector<authorization::TrustedIssuer>> trusted_issuers(const Config& config);
mail::MailerOptions mailer_of(const Config& config);
accounts::RelyingParty relying_party_of(const Config& config, const std::string& issuer);
unsigned hashing_threads(const Config& config);
// The issuer: as set, else of the port; empty with neither.
std::string issuer_of(const Config& config);

}  // namespace valetkey
