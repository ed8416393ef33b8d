// The rows of persons and of mailed links. Every function runs inside a transaction and makes no decision.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/accounts/password_work.h"
#include "domain/accounts/person.h"
#include "foundation/sql/database.h"

namespace valetkey::accounts {

struct PersonRow {
  Person person;
  PasswordRecord password;
  std::string vault_id;  // empty: no vault key yet
};

Result<std::optional<PersonRow>> find_person(sql::Transaction& transaction, const std::string& id);
Result<std::optional<PersonRow>> find_person_by_email(sql::Transaction& transaction,
                                                      const std::string& email);
// The costs of the bcrypt hashes that some person still has, of those this program can check; ascending.
Result<std::vector<int>> list_bcrypt_costs(sql::Transaction& transaction);
// False: the address or the id is somebody's already.
Result<bool> insert_person(sql::Transaction& transaction, const PersonRow& row, Millis now);
// All three return false when the person is gone or, `old_hash` given, the password is another by now.
Result<bool> store_password(sql::Transaction& transaction, const std::string& id,
                            const PasswordRecord& password, const std::string& vault_id,
                            const std::optional<std::string>& old_hash, Millis now);
Result<bool> store_name(sql::Transaction& transaction, const std::string& id, const std::string& name,
                        Millis now);
// Code::conflict: the address is another person's.
Result<bool> store_email(sql::Transaction& transaction, const std::string& id, const std::string& email,
                         Millis now);

// What a mailed link stands for. Opened at most once.
struct LinkRow {
  std::string token_hash;
  std::string kind;  // registration, reset, email, nothing
  std::string person_id;
  std::string email;  // reset: the address it was sent to; email: the new one
  std::string name;
  PasswordRecord password;
  std::string vault_id;
  std::string link_wrap;  // the vault key under the token
  Millis expires_at = 0;
};

Result<void> insert_link(sql::Transaction& transaction, const LinkRow& row);
Result<std::optional<LinkRow>> find_link(sql::Transaction& transaction, const std::string& token_hash,
                                         Millis now);
// Of parallel calls exactly one gets the row.
Result<std::optional<LinkRow>> take_link(sql::Transaction& transaction, const std::string& token_hash,
                                         Millis now);
Result<void> delete_links_of_person(sql::Transaction& transaction, const std::string& person_id);
Result<void> delete_links_to(sql::Transaction& transaction, const std::string& email);
Result<int64_t> delete_old_links(sql::Transaction& transaction, Millis now);

}  // namespace valetkey::accounts
