// The name, and the end of an account.
#include "domain/accounts/accounts_state.h"
#include "domain/accounts/awaited_factors.h"
#include "domain/accounts/email_address.h"

namespace valetkey::accounts {
namespace {

constexpr sql::Statement kDeletePerson{"DELETE FROM persons WHERE id = $1 RETURNING email"};
// TOTP, recovery codes and passkeys go with the person by their foreign keys.
constexpr sql::Statement kDeleteSessions{"DELETE FROM browser_sessions WHERE person_id = $1"};

}  // namespace

Task<Result<void>> Accounts::rename(std::string person_id, std::string name) {
  auto state = state_;
  const std::optional<std::string> checked = check_name(name);
  if (!checked) co_return Error{Code::invalid_argument, name_invalid().sentence, "accounts"};
  std::function<Result<bool>(sql::Transaction&)> work =
      [=, now = state->clock.now()](sql::Transaction& transaction) {
        return store_name(transaction, person_id, *checked, now);
      };
  CO_TRY(bool is_stored, co_await state->database.write_value(std::move(work)));
  if (!is_stored) co_return Error{Code::not_found, "no such person", "accounts"};
  co_return Result<void>();
}

Task<Result<void>> Accounts::delete_account(std::string person_id,
                                            std::function<Result<void>(sql::Transaction&)> also) {
  auto state = state_;
  sql::Database::Work work = [person_id, also](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(sql::Rows gone, transaction.run(kDeletePerson, {person_id}));
    if (gone.empty()) return Error{Code::not_found, "no such person", "accounts"};
    const std::string& email = gone.front().text(0);
    VK_CHECK(transaction.run(kDeleteSessions, {person_id}));
    VK_CHECK(delete_links_of_person(transaction, person_id));
    VK_CHECK(delete_links_to(transaction, email));
    VK_CHECK(delete_awaited_of(transaction, person_id));
    VK_CHECK(clear_throttle(transaction, account_throttle_key(email)));
    if (also) VK_CHECK(also(transaction));
    return {};
  };
  co_return co_await state->database.write(std::move(work));
}

}  // namespace valetkey::accounts
