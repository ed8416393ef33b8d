// Passkeys, TOTP and recovery codes of the signed-in person (docs/portal-api.md, "Account").
#pragma once

#include "faces/portal/session_endpoint.h"

namespace valetkey::faces {

Task<void> begin_passkey(const AccountFace& face, http::Exchange& exchange);
Task<void> add_passkey(const AccountFace& face, http::Exchange& exchange);
Task<void> rename_passkey(const AccountFace& face, http::Exchange& exchange);
Task<void> remove_passkey(const AccountFace& face, http::Exchange& exchange);
Task<void> begin_totp(const AccountFace& face, http::Exchange& exchange);
Task<void> confirm_totp(const AccountFace& face, http::Exchange& exchange);
Task<void> turn_off_totp(const AccountFace& face, http::Exchange& exchange);
Task<void> renew_recovery_codes(const AccountFace& face, http::Exchange& exchange);

void write_passkey(JsonWriter& json, const accounts::PasskeyRow& row);

}  // namespace valetkey::faces
