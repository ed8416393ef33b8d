#include "domain/accounts/accounts.h"

namespace valetkey::accounts {
namespace {

// `password_wrap` is the vault key under a key of the password, `vault_id` the public name of that vault key;
// both empty for an imported person who has not signed in yet. browser_sessions: the cookie's hash, and the
// vault key under a key of the cookie. account_links: what a mailed link stands for, under the hash of its
// token. A registration waits here until its link was opened. Kind "nothing": written for an address that
// gets no link, so that the work is the same. account_throttles: keys are hashes, since what is typed into an
// address field may be a password.
constexpr const char* kAccounts =
    "CREATE TABLE persons ("
    " id TEXT PRIMARY KEY,"
    " email TEXT NOT NULL UNIQUE,"
    " name TEXT NOT NULL,"
    " password_hash TEXT NOT NULL,"
    " password_wrap {blob} NOT NULL,"
    " vault_id TEXT NOT NULL,"
    " created_at BIGINT NOT NULL,"
    " updated_at BIGINT NOT NULL);\n"
    "CREATE TABLE browser_sessions ("
    " cookie_hash TEXT PRIMARY KEY,"
    " id TEXT NOT NULL UNIQUE,"
    " person_id TEXT NOT NULL,"
    " methods TEXT NOT NULL,"
    " vault_wrap {blob} NOT NULL,"
    " vault_id TEXT NOT NULL,"
    " user_agent TEXT NOT NULL,"
    " client_address TEXT NOT NULL,"
    " signed_in_at BIGINT NOT NULL,"
    " last_seen_at BIGINT NOT NULL);\n"
    "CREATE INDEX browser_sessions_by_person ON browser_sessions (person_id);\n"
    "CREATE INDEX browser_sessions_by_last_seen ON browser_sessions (last_seen_at);\n"
    "CREATE INDEX browser_sessions_by_sign_in ON browser_sessions (signed_in_at);\n"
    "CREATE TABLE account_links ("
    " token_hash TEXT PRIMARY KEY,"
    " kind TEXT NOT NULL,"
    " person_id TEXT NOT NULL,"
    " email TEXT NOT NULL,"
    " name TEXT NOT NULL,"
    " password_hash TEXT NOT NULL,"
    " password_wrap {blob} NOT NULL,"
    " vault_id TEXT NOT NULL,"
    " link_wrap {blob} NOT NULL,"
    " expires_at BIGINT NOT NULL);\n"
    "CREATE INDEX account_links_by_person ON account_links (person_id);\n"
    "CREATE INDEX account_links_by_email ON account_links (email);\n"
    "CREATE INDEX account_links_by_expiry ON account_links (expires_at);\n"
    "CREATE TABLE awaited_factors ("
    " browser_hash TEXT PRIMARY KEY,"
    " person_id TEXT NOT NULL,"
    " vault_wrap {blob} NOT NULL,"
    " tries BIGINT NOT NULL,"
    " expires_at BIGINT NOT NULL);\n"
    "CREATE INDEX awaited_factors_by_person ON awaited_factors (person_id);\n"
    "CREATE INDEX awaited_factors_by_expiry ON awaited_factors (expires_at);\n"
    "CREATE TABLE account_throttles ("
    " key TEXT PRIMARY KEY,"
    " failures BIGINT NOT NULL,"
    " wait_until BIGINT NOT NULL,"
    " counted_at BIGINT NOT NULL);\n"
    "CREATE INDEX account_throttles_by_time ON account_throttles (counted_at)";

// The bcrypt hashes that imported people still have, by their cost ("$2b$12$..."): asked for at every check
// of a password, so no hash is read when none is left.
constexpr const char* kImportedPasswords =
    "CREATE INDEX persons_with_bcrypt ON persons (substr(password_hash, 5, 2))"
    " WHERE substr(password_hash, 1, 2) = '$2'";

}  // namespace

const std::vector<sql::Migration>& account_migrations() {
  static const std::vector<sql::Migration> list = {{11, "accounts", kAccounts}};
  return list;
}

const std::vector<sql::Migration>& imported_password_migrations() {
  static const std::vector<sql::Migration> list = {{17, "imported passwords", kImportedPasswords}};
  return list;
}

}  // namespace valetkey::accounts
