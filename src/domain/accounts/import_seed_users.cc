// Users of the seed's apps-auth server: their ids stay, since tokens name them, and their bcrypt hashes until
// the first sign-in.
#include "domain/accounts/accounts.h"
#include "domain/accounts/email_address.h"
#include "domain/accounts/person_rows.h"
#include "foundation/base/log.h"

namespace valetkey::accounts {
namespace {

constexpr int64_t kBatch = 500;
constexpr size_t kMaxId = 64;

constexpr sql::Statement kRead{
    "SELECT uuid, email, password_hash, COALESCE(display_name, '') AS display_name FROM users WHERE uuid > $1"
    " ORDER BY uuid LIMIT $2"};

Result<sql::Rows> read_batch(sql::Database& from, const std::string& after) {
  sql::Rows rows;
  VK_CHECK(from.write_now([&](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(rows, transaction.run(kRead, {after, kBatch}));
    return {};
  }));
  return rows;
}

Result<bool> copy_user(sql::Transaction& transaction, const sql::Row& source, Millis now) {
  const std::string& id = source.text(0);
  const std::optional<std::string> email = canonical_email(source.text(1));
  if (!email || id.empty() || id.size() > kMaxId) {
    log::warn("import_skipped", {{"user", id.substr(0, kMaxId)}, {"reason", "no usable e-mail address"}});
    return false;
  }
  PersonRow row;
  row.person = {id, *email, true, check_name(source.text(3)).value_or(""), now};
  row.password.hash = source.text(2);
  VK_TRY(bool is_new, insert_person(transaction, row, now));
  if (!is_new) log::info("import_skipped", {{"user", id}, {"reason", "there is such an account already"}});
  return is_new;
}

}  // namespace

Result<int64_t> import_seed_users(sql::Database& from, sql::Database& to, Millis now) {
  int64_t total = 0;
  std::string last_id;
  while (true) {
    VK_TRY(sql::Rows batch, read_batch(from, last_id));
    if (batch.empty()) return total;
    int64_t copied = 0;
    VK_CHECK(to.write_now([&](sql::Transaction& transaction) -> Result<void> {
      copied = 0;  // this function may run again
      for (const sql::Row& source : batch) {
        VK_TRY(bool is_new, copy_user(transaction, source, now));
        copied += is_new ? 1 : 0;
      }
      return {};
    }));
    total += copied;
    last_id = batch.back().text(0);
  }
}

}  // namespace valetkey::accounts
