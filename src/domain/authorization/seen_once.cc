#include "domain/authorization/dpop.h"
#include "foundation/base/strings.h"
#include "foundation/crypto/crypto.h"

namespace valetkey::authorization {
namespace {

// The id is hashed: strangers choose it, and how long it is.
constexpr const char* kTable =
    "CREATE TABLE seen_once ("
    " kind TEXT NOT NULL,"
    " id_hash TEXT NOT NULL,"
    " forget_at BIGINT NOT NULL,"
    " PRIMARY KEY (kind, id_hash));\n"
    "CREATE INDEX seen_once_by_end ON seen_once (forget_at)";

constexpr sql::Statement kSee{
    "INSERT INTO seen_once (kind, id_hash, forget_at) VALUES ($1, $2, $3) ON CONFLICT (kind, id_hash) DO "
    "NOTHING"};
constexpr sql::Statement kForget{"DELETE FROM seen_once WHERE forget_at <= $1"};

}  // namespace

const std::vector<sql::Migration>& seen_once_migrations() {
  static const std::vector<sql::Migration> list = {{14, "seen_once", kTable}};
  return list;
}

Result<bool> see_once(sql::Transaction& transaction, std::string_view kind, std::string_view id,
                      Millis until) {
  VK_CHECK(transaction.run(kSee, {std::string(kind), to_hex(crypto::sha256(id)), until}));
  return transaction.changed() == 1;
}

Result<int64_t> forget_seen(sql::Transaction& transaction, Millis now) {
  VK_CHECK(transaction.run(kForget, {now}));
  return transaction.changed();
}

}  // namespace valetkey::authorization
