// Who a provider's account is here. The table `identities` maps every known hash of an account to one user
// id, so the id survives a rotation of the secret that the hashes are made with.
#pragma once

#include <string_view>
#include <vector>

#include "domain/vault/credential.h"
#include "foundation/base/secret.h"
#include "foundation/sql/database.h"

namespace valetkey {

// The user id of this account, a new one for a new account; then as remember_user().
Result<UserId> resolve_user(sql::Transaction& transaction, const std::vector<Secret>& secrets,
                            ProviderId provider, std::string_view account_id);

// Notes the hashes under every secret of the ring, so that the oldest secret can be dropped later.
Result<void> remember_user(sql::Transaction& transaction, const std::vector<Secret>& secrets,
                           ProviderId provider, std::string_view account_id, const UserId& user);

// Notes one hash made elsewhere (AuthAI's account_id_hash), which is its own user id unless it is known
// already.
Result<UserId> adopt_identity_hash(sql::Transaction& transaction, const std::string& hash);

}  // namespace valetkey
