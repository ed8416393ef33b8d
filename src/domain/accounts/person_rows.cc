#include "domain/accounts/person_rows.h"

#include "foundation/base/strings.h"

namespace valetkey::accounts {
namespace {

constexpr sql::Statement kFind{
    "SELECT id, email, name, password_hash, password_wrap, vault_id, created_at FROM persons WHERE id = $1"};
constexpr sql::Statement kFindByEmail{
    "SELECT id, email, name, password_hash, password_wrap, vault_id, created_at FROM persons WHERE email = "
    "$1"};
// One probe of the index per cost, not one per person.
static_assert(crypto::kLowestBcryptCost == 4 && crypto::kHighestBcryptCost == 16);
constexpr sql::Statement kBcryptCosts{
    "WITH costs (cost) AS (VALUES ('04'), ('05'), ('06'), ('07'), ('08'), ('09'), ('10'), ('11'), ('12'),"
    " ('13'), ('14'), ('15'), ('16'))"
    " SELECT cost FROM costs WHERE EXISTS (SELECT 1 FROM persons"
    " WHERE substr(password_hash, 1, 2) = '$2' AND substr(password_hash, 5, 2) = costs.cost) ORDER BY cost"};
constexpr sql::Statement kInsert{
    "INSERT INTO persons (id, email, name, password_hash, password_wrap, vault_id, created_at, updated_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING"};
constexpr sql::Statement kStorePassword{
    "UPDATE persons SET password_hash = $1, password_wrap = $2, vault_id = $3, updated_at = $4 WHERE id = "
    "$5"};
constexpr sql::Statement kReplacePassword{
    "UPDATE persons SET password_hash = $1, password_wrap = $2, vault_id = $3, updated_at = $4"
    " WHERE id = $5 AND password_hash = $6"};
constexpr sql::Statement kStoreName{"UPDATE persons SET name = $1, updated_at = $2 WHERE id = $3"};
constexpr sql::Statement kStoreEmail{"UPDATE persons SET email = $1, updated_at = $2 WHERE id = $3"};

constexpr sql::Statement kInsertLink{
    "INSERT INTO account_links (token_hash, kind, person_id, email, name, password_hash, password_wrap, "
    "vault_id,"
    " link_wrap, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"};
constexpr sql::Statement kFindLink{
    "SELECT token_hash, kind, person_id, email, name, password_hash, password_wrap, vault_id, link_wrap,"
    " expires_at FROM account_links WHERE token_hash = $1 AND expires_at > $2 AND kind <> 'nothing'"};
constexpr sql::Statement kTakeLink{
    "DELETE FROM account_links WHERE token_hash = $1 AND expires_at > $2 AND kind <> 'nothing'"
    " RETURNING token_hash, kind, person_id, email, name, password_hash, password_wrap, vault_id, link_wrap,"
    " expires_at"};
constexpr sql::Statement kDeleteLinksOfPerson{"DELETE FROM account_links WHERE person_id = $1"};
constexpr sql::Statement kDeleteLinksTo{"DELETE FROM account_links WHERE email = $1"};
constexpr sql::Statement kDeleteOldLinks{"DELETE FROM account_links WHERE expires_at <= $1"};

std::optional<PersonRow> person_of(const sql::Rows& rows) {
  if (rows.empty()) return std::nullopt;
  const sql::Row& row = rows.front();
  return PersonRow{
      {row.text(0), row.text(1), true, row.text(2), row.integer(6)}, {row.text(3), row.blob(4)}, row.text(5)};
}

std::optional<LinkRow> link_of(const sql::Rows& rows) {
  if (rows.empty()) return std::nullopt;
  const sql::Row& row = rows.front();
  return LinkRow{row.text(0), row.text(1), row.text(2),
                 row.text(3), row.text(4), {row.text(5), row.blob(6)},
                 row.text(7), row.blob(8), row.integer(9)};
}

Result<bool> touched_one(sql::Transaction& transaction, Result<sql::Rows> done) {
  VK_CHECK(std::move(done));
  return transaction.changed() > 0;
}

}  // namespace

Result<std::optional<PersonRow>> find_person(sql::Transaction& transaction, const std::string& id) {
  VK_TRY(sql::Rows rows, transaction.run(kFind, {id}));
  return person_of(rows);
}

Result<std::optional<PersonRow>> find_person_by_email(sql::Transaction& transaction,
                                                      const std::string& email) {
  VK_TRY(sql::Rows rows, transaction.run(kFindByEmail, {email}));
  return person_of(rows);
}

Result<std::vector<int>> list_bcrypt_costs(sql::Transaction& transaction) {
  VK_TRY(sql::Rows rows, transaction.run(kBcryptCosts));
  std::vector<int> costs;
  for (const sql::Row& row : rows) {
    if (const auto cost = parse_decimal(row.text(0))) costs.push_back(static_cast<int>(*cost));
  }
  return costs;
}

Result<bool> insert_person(sql::Transaction& transaction, const PersonRow& row, Millis now) {
  return touched_one(transaction, transaction.run(kInsert, {row.person.id, row.person.email, row.person.name,
                                                            row.password.hash, sql::Blob{row.password.wrap},
                                                            row.vault_id, row.person.created_at, now}));
}

Result<bool> store_password(sql::Transaction& transaction, const std::string& id,
                            const PasswordRecord& password, const std::string& vault_id,
                            const std::optional<std::string>& old_hash, Millis now) {
  std::vector<sql::Value> values{password.hash, sql::Blob{password.wrap}, vault_id, now, id};
  if (old_hash) values.push_back(*old_hash);
  return touched_one(transaction, transaction.run(old_hash ? kReplacePassword : kStorePassword, values));
}

Result<bool> store_name(sql::Transaction& transaction, const std::string& id, const std::string& name,
                        Millis now) {
  return touched_one(transaction, transaction.run(kStoreName, {name, now, id}));
}

Result<bool> store_email(sql::Transaction& transaction, const std::string& id, const std::string& email,
                         Millis now) {
  return touched_one(transaction, transaction.run(kStoreEmail, {email, now, id}));
}

Result<void> insert_link(sql::Transaction& transaction, const LinkRow& row) {
  VK_CHECK(transaction.run(
      kInsertLink, {row.token_hash, row.kind, row.person_id, row.email, row.name, row.password.hash,
                    sql::Blob{row.password.wrap}, row.vault_id, sql::Blob{row.link_wrap}, row.expires_at}));
  return {};
}

Result<std::optional<LinkRow>> find_link(sql::Transaction& transaction, const std::string& token_hash,
                                         Millis now) {
  VK_TRY(sql::Rows rows, transaction.run(kFindLink, {token_hash, now}));
  return link_of(rows);
}

Result<std::optional<LinkRow>> take_link(sql::Transaction& transaction, const std::string& token_hash,
                                         Millis now) {
  VK_TRY(sql::Rows rows, transaction.run(kTakeLink, {token_hash, now}));
  return link_of(rows);
}

Result<void> delete_links_of_person(sql::Transaction& transaction, const std::string& person_id) {
  VK_CHECK(transaction.run(kDeleteLinksOfPerson, {person_id}));
  return {};
}

Result<void> delete_links_to(sql::Transaction& transaction, const std::string& email) {
  VK_CHECK(transaction.run(kDeleteLinksTo, {email}));
  return {};
}

Result<int64_t> delete_old_links(sql::Transaction& transaction, Millis now) {
  VK_CHECK(transaction.run(kDeleteOldLinks, {now}));
  return transaction.changed();
}

}  // namespace valetkey::accounts
