// The portal's JSON API under /portal/api (docs/portal-api.md). Endpoint files: session and sign-in, account,
// second factors (accounts); authorization, device, connections, ai (grants); apps (builder).
#pragma once

#include <memory>
#include <string>

#include "domain/accounts/accounts.h"
#include "domain/accounts/browser_sessions.h"
#include "domain/accounts/second_factors.h"
#include "domain/apps/clients.h"
#include "domain/apps/resources.h"
#include "foundation/http/router.h"

namespace valetkey::faces {

struct PortalAccounts {
  accounts::Accounts& accounts;
  accounts::BrowserSessions& sessions;
  accounts::Passkeys& passkeys;
  accounts::Totp& totp;
  const Clock& clock;
  Random& random;
  std::string issuer;  // the only Origin of a state change
  std::string product_name;
  std::string mail_sink;  // URL where a development server's mail can be read; empty: none
  Secret csrf_key;        // 32 bytes, the same on every instance
  std::function<Result<void>(sql::Transaction&, const std::string& person_id)>
      forget_person;  // other modules' rows
  std::function<Task<Result<std::string>>(std::string person_id)>
      export_more;  // JSON members of other modules
};

void add_portal_account_routes(http::Router& router, PortalAccounts face);

}  // namespace valetkey::faces
