#include "domain/apps/clients.h"

#include <utility>

#include "domain/apps/assertion_rows.h"
#include "domain/apps/client_metadata.h"
#include "domain/apps/clients_state.h"
#include "foundation/base/ids.h"
#include "foundation/base/log.h"

namespace valetkey::apps {
namespace {

using Found = std::optional<ClientRow>;

Error not_that_client() {
  return Error{Code::unauthorized, "no such client, or not its registration token", "clients"};
}

// The row when the token is its own. The same Error for both ways to be wrong.
Result<ClientRow> open_registration(sql::Transaction& transaction, const std::string& id,
                                    const std::string& token_hash) {
  VK_TRY(Found row, find_client_row(transaction, id));
  if (!row || row->registration_hash.empty() || !crypto::equal(row->registration_hash, token_hash)) {
    return not_that_client();
  }
  return std::move(*row);
}

// Registrations that nobody ever used give way; those in use never do.
Result<void> make_room(sql::Transaction& transaction, int64_t most, Millis now) {
  VK_TRY(int64_t count, count_dynamic_clients(transaction));
  if (count < most) return {};
  VK_TRY(int64_t deleted, delete_dynamic_never_used(transaction, now - kNeverUsedGrace, kNeverUsedAtOnce));
  if (deleted == 0) return Error{Code::unavailable, "the registry of dynamic clients is full", "clients"};
  return {};
}

// RFC 7592 section 2.2: who it is about, and no other secret than the present one.
std::optional<RegistrationProblem> check_update(const Json& metadata, const std::string& id,
                                                const std::string& secret_hash) {
  auto refuse = [](const char* why) { return RegistrationProblem{"invalid_client_metadata", why}; };
  if (metadata["client_id"].string_or("") != id) return refuse("client_id must be that of the client.");
  Json secret = metadata["client_secret"];
  if (secret && !secret.is_null() && !crypto::equal(crypto::sha256(secret.string_or("")), secret_hash)) {
    return refuse("client_secret must be the present one or left out.");
  }
  return std::nullopt;
}

}  // namespace

Clients::Clients(sql::Database& database, const Clock& clock, Random& random, FetchDocument fetch,
                 RegistrationLimits limits)
    : state_(std::make_shared<State>(database, clock, random, std::move(fetch), limits)) {}

Clients::~Clients() = default;

Task<Result<Client>> Clients::find(std::string client_id) {
  std::shared_ptr<State> state = state_;
  if (!is_client_id(client_id)) co_return Error{Code::not_found, "no client id", "clients"};
  std::function<Result<Found>(sql::Transaction&)> look_up = [&client_id](sql::Transaction& transaction) {
    return find_client_row(transaction, client_id);
  };
  CO_TRY(Found row, co_await state->database.read_value<Found>(std::move(look_up)));
  if (!row) {
    if (client_id.starts_with("https://")) co_return co_await state->documents.find(std::move(client_id));
    co_return Error{Code::not_found, "no such client", "clients"};
  }
  const Millis now = state->clock.now();
  if (row->last_used_at <= now - kMarkUsedEvery) {
    sql::Database::Work mark = [&client_id, now](sql::Transaction& transaction) {
      return mark_client_used(transaction, client_id, now, kMarkUsedEvery);
    };
    auto marked = co_await state->database.write(std::move(mark));
    if (!marked.ok()) log::warn("client_not_marked_used", {{"reason", marked.error().detail}});
  }
  co_return std::move(row->client);
}

Task<Result<RegistrationResult>> Clients::register_dynamic(Json metadata) {
  std::shared_ptr<State> state = state_;
  MetadataResult read = read_client_metadata(metadata, state->rules_of(ClientKind::dynamic));
  if (auto* problem = std::get_if<RegistrationProblem>(&read))
    co_return RegistrationResult(std::move(*problem));
  Registration made;
  made.client = std::get<Client>(std::move(read));
  made.client.id = make_uuid(state->random);
  made.client.created_at = state->clock.now();
  made.registration_token = state->make_secret();
  if (needs_secret(made.client)) {
    made.client_secret = state->make_secret();
    made.client.secret_hash = hash_of(made.client_secret);
  }
  const ClientRow row{made.client, hash_of(made.registration_token), 0};
  sql::Database::Work store = [&row, &state](sql::Transaction& transaction) -> Result<void> {
    VK_CHECK(make_room(transaction, state->limits.max_dynamic_clients, row.client.created_at));
    return insert_client(transaction, row);
  };
  CO_CHECK(co_await state->database.write(std::move(store)));
  co_return RegistrationResult(std::move(made));
}

Task<Result<Client>> Clients::read_registration(std::string client_id, Secret registration_token) {
  std::shared_ptr<State> state = state_;
  if (!is_client_id(client_id)) co_return not_that_client();
  const std::string hash = hash_of(registration_token);
  std::function<Result<Client>(sql::Transaction&)> read =
      [&](sql::Transaction& transaction) -> Result<Client> {
    VK_TRY(ClientRow row, open_registration(transaction, client_id, hash));
    return std::move(row.client);
  };
  co_return co_await state->database.read_value<Client>(std::move(read));
}

Task<Result<RegistrationResult>> Clients::update_registration(std::string client_id,
                                                              Secret registration_token, Json metadata) {
  std::shared_ptr<State> state = state_;
  if (!is_client_id(client_id)) co_return not_that_client();
  const std::string hash = hash_of(registration_token);
  const Secret candidate = state->make_secret();
  const MetadataResult read = read_client_metadata(metadata, state->rules_of(ClientKind::dynamic));
  std::function<Result<RegistrationResult>(sql::Transaction&)> replace =
      [&](sql::Transaction& transaction) -> Result<RegistrationResult> {
    VK_TRY(ClientRow row, open_registration(transaction, client_id, hash));
    if (auto* problem = std::get_if<RegistrationProblem>(&read)) return RegistrationResult(*problem);
    if (auto problem = check_update(metadata, client_id, row.client.secret_hash)) {
      return RegistrationResult(*problem);
    }
    Registration changed;
    changed.client = std::get<Client>(read);
    if (take_over(row.client, candidate, changed.client, needs_secret(changed.client))) {
      changed.client_secret = candidate;
    }
    VK_TRY(bool replaced, replace_client(transaction, changed.client));
    if (!replaced) return not_that_client();
    return RegistrationResult(std::move(changed));
  };
  co_return co_await state->database.write_value<RegistrationResult>(std::move(replace));
}

Task<Result<void>> Clients::delete_registration(std::string client_id, Secret registration_token) {
  std::shared_ptr<State> state = state_;
  if (!is_client_id(client_id)) co_return not_that_client();
  const std::string hash = hash_of(registration_token);
  sql::Database::Work remove = [&](sql::Transaction& transaction) -> Result<void> {
    VK_CHECK(open_registration(transaction, client_id, hash));
    VK_CHECK(delete_client(transaction, client_id));
    return {};
  };
  co_return co_await state->database.write(std::move(remove));
}

Task<Result<jose::VerifyingKey>> Clients::find_key(const Client& client, std::string key_id,
                                                   jose::Algorithm algorithm) {
  return state_->keys.find(client.jwks, client.jwks_uri, std::move(key_id), algorithm);
}

Task<Result<int64_t>> Clients::delete_unused() {
  std::shared_ptr<State> state = state_;
  const Millis now = state->clock.now();
  const Millis before = now - state->limits.unused_lifetime;
  std::function<Result<int64_t>(sql::Transaction&)> remove =
      [now, before](sql::Transaction& transaction) -> Result<int64_t> {
    VK_CHECK(forget_assertions(transaction, now));
    return delete_dynamic_unused(transaction, before);
  };
  co_return co_await state->database.write_value<int64_t>(std::move(remove));
}

}  // namespace valetkey::apps
