// The clients that a builder makes in the portal.
#include <utility>

#include "domain/apps/client_metadata.h"
#include "domain/apps/clients.h"
#include "domain/apps/clients_state.h"
#include "foundation/base/ids.h"

namespace valetkey::apps {
namespace {

// Code::not_found, or Code::forbidden when it is another's.
Result<Client> owned_client(sql::Transaction& transaction, const std::string& owner, const std::string& id) {
  if (!is_client_id(id)) return Error{Code::not_found, "no such client", "clients"};
  VK_TRY(std::optional<ClientRow> row, find_client_row(transaction, id));
  if (!row) return Error{Code::not_found, "no such client", "clients"};
  bool theirs = row->client.kind == ClientKind::builder && row->client.owner == owner && !owner.empty();
  if (!theirs) return Error{Code::forbidden, "not their client", "clients"};
  return std::move(row->client);
}

}  // namespace

Task<Result<std::vector<Client>>> Clients::list_of(std::string owner) {
  std::shared_ptr<State> state = state_;
  std::function<Result<std::vector<Client>>(sql::Transaction&)> list =
      [&owner](sql::Transaction& transaction) { return clients_of_owner(transaction, owner); };
  co_return co_await state->database.read_value<std::vector<Client>>(std::move(list));
}

Task<Result<RegistrationResult>> Clients::create_for(std::string owner, Json metadata) {
  std::shared_ptr<State> state = state_;
  MetadataResult read = read_client_metadata(metadata, state->rules_of(ClientKind::builder));
  if (auto* problem = std::get_if<RegistrationProblem>(&read))
    co_return RegistrationResult(std::move(*problem));
  Registration made;
  made.client = std::get<Client>(std::move(read));
  made.client.id = make_uuid(state->random);
  made.client.owner = owner;
  made.client.created_at = state->clock.now();
  if (needs_secret(made.client)) {
    made.client_secret = state->make_secret();
    made.client.secret_hash = hash_of(made.client_secret);
  }
  std::function<Result<RegistrationResult>(sql::Transaction&)> store =
      [&](sql::Transaction& transaction) -> Result<RegistrationResult> {
    VK_TRY(int64_t count, count_clients_of_owner(transaction, owner));
    if (count >= kMaxClientsOfBuilder) {
      return RegistrationResult(RegistrationProblem{"invalid_request", "There are 200 apps already."});
    }
    VK_CHECK(insert_client(transaction, ClientRow{made.client, "", 0}));
    return RegistrationResult(made);
  };
  co_return co_await state->database.write_value<RegistrationResult>(std::move(store));
}

Task<Result<RegistrationResult>> Clients::update_for(std::string owner, std::string client_id,
                                                     Json metadata) {
  std::shared_ptr<State> state = state_;
  const MetadataResult read = read_client_metadata(metadata, state->rules_of(ClientKind::builder));
  const Secret candidate = state->make_secret();
  std::function<Result<RegistrationResult>(sql::Transaction&)> replace =
      [&](sql::Transaction& transaction) -> Result<RegistrationResult> {
    VK_TRY(Client old, owned_client(transaction, owner, client_id));
    if (auto* problem = std::get_if<RegistrationProblem>(&read)) return RegistrationResult(*problem);
    Registration changed;
    changed.client = std::get<Client>(read);
    if (take_over(old, candidate, changed.client, needs_secret(changed.client)))
      changed.client_secret = candidate;
    VK_CHECK(replace_client(transaction, changed.client));
    return RegistrationResult(std::move(changed));
  };
  co_return co_await state->database.write_value<RegistrationResult>(std::move(replace));
}

Task<Result<Secret>> Clients::rotate_secret_for(std::string owner, std::string client_id) {
  std::shared_ptr<State> state = state_;
  const Secret fresh = state->make_secret();
  sql::Database::Work replace = [&](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(Client client, owned_client(transaction, owner, client_id));
    if (!needs_secret(client))
      return Error{Code::invalid_argument, "This app has no client secret.", "clients"};
    client.secret_hash = hash_of(fresh);
    client.secret_expires_at = 0;
    VK_CHECK(replace_client(transaction, client));
    return {};
  };
  CO_CHECK(co_await state->database.write(std::move(replace)));
  co_return fresh;
}

Task<Result<void>> Clients::delete_for(std::string owner, std::string client_id) {
  std::shared_ptr<State> state = state_;
  sql::Database::Work remove = [&](sql::Transaction& transaction) -> Result<void> {
    VK_CHECK(owned_client(transaction, owner, client_id));
    VK_CHECK(delete_client(transaction, client_id));
    return {};
  };
  co_return co_await state->database.write(std::move(remove));
}

}  // namespace valetkey::apps
