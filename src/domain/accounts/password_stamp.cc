#include "domain/accounts/password_stamp.h"

#include "foundation/base/strings.h"
#include "foundation/crypto/crypto.h"

namespace valetkey::accounts {
namespace {

// Changes nothing, but takes the lock.
constexpr sql::Statement kLock{
    "UPDATE persons SET updated_at = updated_at WHERE id = $1 RETURNING vault_id, password_hash"};

}  // namespace

std::string password_stamp(const std::string& password_hash) {
  return to_hex(crypto::sha256("valetkey password stamp:" + password_hash));
}

Result<std::string> lock_person(sql::Transaction& transaction, const std::string& person_id,
                                const std::string& stamp) {
  VK_TRY(sql::Rows rows, transaction.run(kLock, {person_id}));
  if (rows.empty()) return Error{Code::not_found, "no such person", "accounts"};
  if (!stamp.empty() && !crypto::equal(stamp, password_stamp(rows.front().text(1)))) {
    return Error{Code::unauthorized, "the password was replaced", "accounts"};
  }
  return rows.front().text(0);
}

}  // namespace valetkey::accounts
