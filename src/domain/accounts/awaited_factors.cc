#include "domain/accounts/awaited_factors.h"

#include "foundation/base/strings.h"
#include "foundation/crypto/crypto.h"

namespace valetkey::accounts {
namespace {

constexpr sql::Statement kStore{
    "INSERT INTO awaited_factors (browser_hash, person_id, vault_wrap, tries, expires_at)"
    " VALUES ($1, $2, $3, 0, $4) ON CONFLICT (browser_hash) DO UPDATE SET person_id = excluded.person_id,"
    " vault_wrap = excluded.vault_wrap, tries = 0, expires_at = excluded.expires_at"};
constexpr sql::Statement kIsAwaited{
    "SELECT 1 FROM awaited_factors WHERE browser_hash = $1 AND expires_at > $2 AND tries < $3"};
constexpr sql::Statement kTakeTry{
    "UPDATE awaited_factors SET tries = tries + 1 WHERE browser_hash = $1 AND expires_at > $2 AND tries < $3"
    " RETURNING person_id, vault_wrap"};
constexpr sql::Statement kGiveBack{
    "UPDATE awaited_factors SET tries = tries - 1 WHERE browser_hash = $1 AND tries > 0"};
constexpr sql::Statement kFinish{"DELETE FROM awaited_factors WHERE browser_hash = $1 AND person_id = $2"};
constexpr sql::Statement kDeleteOfPerson{"DELETE FROM awaited_factors WHERE person_id = $1"};
constexpr sql::Statement kDeleteOld{"DELETE FROM awaited_factors WHERE expires_at <= $1"};

}  // namespace

std::string awaited_hash(const Secret& browser) {
  return to_hex(crypto::sha256(browser.reveal()));
}

std::string awaited_place(const std::string& person_id) {
  return "awaited factor:" + person_id;
}

Result<void> store_awaited(sql::Transaction& transaction, const std::string& hash,
                           const AwaitedFactor& awaited, Millis now) {
  VK_CHECK(transaction.run(kStore,
                           {hash, awaited.person_id, sql::Blob{awaited.vault_wrap}, now + kAwaitedLifetime}));
  return {};
}

Result<bool> is_awaited(sql::Transaction& transaction, const std::string& hash, Millis now) {
  VK_TRY(sql::Rows rows, transaction.run(kIsAwaited, {hash, now, kAwaitedTries}));
  return !rows.empty();
}

Result<std::optional<AwaitedFactor>> take_try(sql::Transaction& transaction, const std::string& hash,
                                              Millis now) {
  VK_TRY(sql::Rows rows, transaction.run(kTakeTry, {hash, now, kAwaitedTries}));
  if (rows.empty()) return std::optional<AwaitedFactor>();
  return std::optional<AwaitedFactor>({rows.front().text(0), rows.front().blob(1)});
}

Result<void> give_try_back(sql::Transaction& transaction, const std::string& hash) {
  VK_CHECK(transaction.run(kGiveBack, {hash}));
  return {};
}

Result<bool> finish_awaited(sql::Transaction& transaction, const std::string& hash,
                            const std::string& person_id) {
  VK_CHECK(transaction.run(kFinish, {hash, person_id}));
  return transaction.changed() > 0;
}

Result<void> delete_awaited_of(sql::Transaction& transaction, const std::string& person_id) {
  VK_CHECK(transaction.run(kDeleteOfPerson, {person_id}));
  return {};
}

Result<int64_t> delete_old_awaited(sql::Transaction& transaction, Millis now) {
  VK_CHECK(transaction.run(kDeleteOld, {now}));
  return transaction.changed();
}

}  // namespace valetkey::accounts
