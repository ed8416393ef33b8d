#include "domain/apps/clients.h"

namespace valetkey::apps {

Result<void> forget_owner(sql::Transaction& transaction, const std::string& owner) {
  static constexpr sql::Statement kClients{"DELETE FROM oauth_clients WHERE owner = $1"};
  static constexpr sql::Statement kResources{"DELETE FROM oauth_resources WHERE owner = $1"};
  VK_CHECK(transaction.run(kClients, {owner}));
  VK_CHECK(transaction.run(kResources, {owner}));
  return {};
}

}  // namespace valetkey::apps
