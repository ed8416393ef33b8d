// The vault key V of a person: 32 random bytes under which the keys of the person's credentials are wrapped.
// The store never has V itself, only wraps of it, one for each way to unlock it (product.md, split keys 4).
// Pure.
#pragma once

#include <string>
#include <string_view>

#include "foundation/base/random.h"
#include "foundation/base/result.h"
#include "foundation/base/secret.h"
#include "foundation/crypto/password_hash.h"

namespace valetkey::accounts {

Secret make_vault_key(Random& random);

// Public: tells which V a wrap or a session holds. A reset password makes a new V and a new id; what holds
// the old one opens nothing any more.
std::string vault_key_id(const Secret& vault_key);

// Under a secret of full entropy (a cookie, a link's token, a derived key). `place` says what for and whose,
// so that a wrap moved to another row does not open.
std::string wrap_vault_key(const Secret& secret, std::string_view place, const Secret& vault_key,
                           Random& random);
// Code::unauthorized: another secret or place, or not a wrap.
Result<Secret> unwrap_vault_key(const Secret& secret, std::string_view place, std::string_view wrap);

// Under a password, with a salt of its own and the cost written beside it. Slow: one Argon2id each; never on
// a worker.
std::string wrap_under_password(const Secret& password, const std::string& person_id, const Secret& vault_key,
                                crypto::Argon2Cost cost, Random& random);
Result<Secret> unwrap_under_password(const Secret& password, const std::string& person_id,
                                     std::string_view wrap);

}  // namespace valetkey::accounts
