#include "domain/apps/assertion_rows.h"

#include "foundation/crypto/crypto.h"

namespace valetkey::apps {
namespace {

constexpr sql::Statement kUse{
    "INSERT INTO client_assertions (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING RETURNING "
    "id"};
constexpr sql::Statement kForget{"DELETE FROM client_assertions WHERE expires_at < $1"};

}  // namespace

Result<bool> use_assertion(sql::Transaction& transaction, std::string_view client_id,
                           std::string_view assertion_id, Millis until) {
  std::string both(client_id);
  both.push_back('\0');  // no client id holds it
  both.append(assertion_id);
  VK_TRY(sql::Rows rows, transaction.run(kUse, {sql::Blob{crypto::sha256(both)}, until}));
  return !rows.empty();
}

Result<void> forget_assertions(sql::Transaction& transaction, Millis now) {
  VK_CHECK(transaction.run(kForget, {now}));
  return {};
}

}  // namespace valetkey::apps
