// The signed-in person's account (docs/portal-api.md, "Account"): profile, address, password, sessions,
// export, end.
#pragma once

#include "faces/portal/session_endpoint.h"

namespace valetkey::faces {

Task<void> show_account(const AccountFace& face, http::Exchange& exchange);
Task<void> change_name(const AccountFace& face, http::Exchange& exchange);
Task<void> change_email(const AccountFace& face, http::Exchange& exchange);
Task<void> change_password(const AccountFace& face, http::Exchange& exchange);
Task<void> delete_account(const AccountFace& face, http::Exchange& exchange);
Task<void> export_account(const AccountFace& face, http::Exchange& exchange);
Task<void> list_sessions(const AccountFace& face, http::Exchange& exchange);
Task<void> end_session(const AccountFace& face, http::Exchange& exchange);
Task<void> end_other_sessions(const AccountFace& face, http::Exchange& exchange);

}  // namespace valetkey::faces
