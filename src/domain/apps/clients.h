// The registry of clients. One instance serves the process; every method may be called from any worker.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "domain/apps/client.h"
#include "foundation/base/random.h"
#include "foundation/base/secret.h"
#include "foundation/base/task.h"
#include "foundation/sql/database.h"

namespace valetkey::apps {

struct FetchedDocument {
  std::string body;
  Millis fresh_for = 0;  // from its Cache-Control / Expires; 0: not said
};
// The hardened fetcher (foundation/http/client/guarded_fetch.h), injected: GET, no redirects, public
// addresses only. Code::upstream with a sentence that may be shown for everything that went wrong.
using FetchDocument = std::function<Task<Result<FetchedDocument>>(std::string url, size_t max_bytes)>;

struct RegistrationLimits {
  Millis unused_lifetime = 30 * kDay;  // a dynamic client nobody used is deleted
  int64_t max_dynamic_clients = 100'000;
  // May clients nobody vouches for (dynamic ones, documents) have the grant type client_credentials.
  bool dynamic_client_credentials = false;
};

// RFC 7591 section 3.2.2: `error` is one of invalid_redirect_uri, invalid_client_metadata, invalid_target,
// invalid_scope, invalid_request; `description` may be shown.
struct RegistrationProblem {
  std::string error;
  std::string description;
};

struct Registration {
  Client client;
  Secret client_secret;       // empty for public clients and private_key_jwt; shown once
  Secret registration_token;  // RFC 7592; on update empty unless rotated
};
using RegistrationResult = std::variant<Registration, RegistrationProblem>;

class Clients {
 public:
  Clients(sql::Database& database, const Clock& clock, Random& random, FetchDocument fetch,
          RegistrationLimits limits);
  ~Clients();

  // By id. An https URL that is not registered is fetched as a metadata document (CIMD), cached, single
  // flight. Code::not_found: nobody of that id. Code::invalid_argument: a document that breaks the rules;
  // Code::upstream: a document that could not be fetched (both details may be shown). Code::store.
  Task<Result<Client>> find(std::string client_id);

  // RFC 7591 / 7592. `metadata` is the request body, already an object; it must outlive the await, here and
  // below.
  Task<Result<RegistrationResult>> register_dynamic(Json metadata);
  // Code::unauthorized: the token is not that client's (or there is no such client).
  Task<Result<Client>> read_registration(std::string client_id, Secret registration_token);
  Task<Result<RegistrationResult>> update_registration(std::string client_id, Secret registration_token,
                                                       Json metadata);
  Task<Result<void>> delete_registration(std::string client_id, Secret registration_token);

  // Of a builder, in the portal. Code::forbidden when the client is not theirs.
  Task<Result<std::vector<Client>>> list_of(std::string owner);
  Task<Result<RegistrationResult>> create_for(std::string owner, Json metadata);
  Task<Result<RegistrationResult>> update_for(std::string owner, std::string client_id, Json metadata);
  Task<Result<Secret>> rotate_secret_for(std::string owner, std::string client_id);
  Task<Result<void>> delete_for(std::string owner, std::string client_id);

  // The key of a client's assertion: inline jwks, or jwks_uri fetched, cached, fetched again (with back-off)
  // when the kid is unknown. Code::not_found: no such key.
  Task<Result<jose::VerifyingKey>> find_key(const Client& client, std::string key_id,
                                            jose::Algorithm algorithm);

  // How many; the sweep calls it. Spent assertions are forgotten on the way.
  Task<Result<int64_t>> delete_unused();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Apps and clients of a seed server's SQLite database (the apps-compatible auth server, `data/auth.db`)
// become resources of the operator and dynamic clients. Secrets and registration tokens are hashed on the
// way; what is there already stays. How many clients were copied.
Result<int64_t> import_seed_clients(sql::Database& from, sql::Database& to, Millis now);

// The RFC 7591 response members of a client, without secrets; the caller is inside an object.
void write_client_metadata(JsonWriter& json, const Client& client);

// A builder is gone: clients and resources go too.
Result<void> forget_owner(sql::Transaction& transaction, const std::string& owner);

const std::vector<sql::Migration>& migrations();  // number 10

}  // namespace valetkey::apps
