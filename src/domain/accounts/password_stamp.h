// Names the password that was checked, so that what follows (a session, a wait for the second factor) is
// refused when the password was replaced meanwhile: a reset ends every sign-in, those under way too.
#pragma once

#include <string>

#include "foundation/sql/database.h"

namespace valetkey::accounts {

// Of a stored password hash; shows nothing of it.
std::string password_stamp(const std::string& password_hash);

// Locks the person's row until the transaction ends, so that a password cannot be replaced in between; the
// vault key's id. Code::not_found: no such person. Code::unauthorized: `stamp` is given and is not of the
// present password.
Result<std::string> lock_person(sql::Transaction& transaction, const std::string& person_id,
                                const std::string& stamp);

}  // namespace valetkey::accounts
