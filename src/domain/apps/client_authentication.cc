#include "domain/apps/client_authentication.h"

#include <algorithm>
#include <utility>

#include "domain/apps/assertion_rows.h"
#include "domain/apps/client_assertion.h"
#include "foundation/base/strings.h"
#include "foundation/crypto/crypto.h"
#include "foundation/jose/jose.h"

namespace valetkey::apps {
namespace {

constexpr std::string_view kAssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

using Outcome = std::variant<AuthenticatedClient, ClientRefusal>;

// One sentence for every way to fail: it never says whether the client or its secret was wrong.
ClientRefusal failed(bool basic = false) {
  return {ClientRefusal::Kind::invalid_client, "Client authentication failed.", basic};
}
ClientRefusal malformed(const char* description) {
  return {ClientRefusal::Kind::invalid_request, description, false};
}

struct Credentials {
  std::string client_id;
  Secret secret;
};

// RFC 6749 section 2.3.1 wants both halves form-encoded, many SDKs send them raw: both readings, the encoded
// one first. None of our secrets holds a colon, but a raw client id that is a URL does, so the last one
// divides.
std::vector<Credentials> read_basic(std::string_view header) {
  constexpr std::string_view kScheme = "basic ";
  if (header.size() > kMaxBasicCredentials || !iequals(header.substr(0, kScheme.size()), kScheme)) return {};
  auto decoded = jose::base64_decode(trim(header.substr(kScheme.size())));
  size_t colon = decoded ? decoded->rfind(':') : std::string::npos;
  if (colon == std::string::npos || colon == 0) return {};
  std::string id = decoded->substr(0, colon);
  std::string secret = decoded->substr(colon + 1);
  std::vector<Credentials> readings;
  auto plain_id = http::percent_decode(id, true);
  auto plain_secret = http::percent_decode(secret, true);
  if (plain_id && plain_secret && (*plain_id != id || *plain_secret != secret)) {
    readings.push_back({std::move(*plain_id), Secret(std::move(*plain_secret))});
  }
  readings.push_back({std::move(id), Secret(std::move(secret))});
  return readings;
}

bool uses_secret(const Client& client) {
  return client.has_auth_method(AuthMethod::client_secret_basic) ||
         client.has_auth_method(AuthMethod::client_secret_post);
}

// Header and form carry the same secret, so either will do for a client that has one.
bool has_secret(const Client& client, const Secret& secret, int64_t now_seconds) {
  bool alive = client.secret_expires_at == 0 || now_seconds < client.secret_expires_at;
  bool fits = crypto::equal(crypto::sha256(secret.reveal()), client.secret_hash);
  return uses_secret(client) && !client.secret_hash.empty() && fits && alive;
}

// Whether the Error is the caller's doing: nobody of that id, or a document that breaks the rules.
bool is_callers(const Error& error) {
  return error.code == Code::not_found || error.code == Code::invalid_argument;
}

// A document's faults may be told: it is the client's own.
ClientRefusal refusal_of(const Error& error) {
  ClientRefusal refusal = failed();
  if (error.code == Code::invalid_argument) refusal.description = error.detail;
  return refusal;
}

Task<Result<Outcome>> by_nothing(Clients& clients, std::string client_id) {
  if (client_id.empty()) co_return Outcome(failed());
  auto client = co_await clients.find(std::move(client_id));
  if (!client.ok() && is_callers(client.error())) co_return Outcome(refusal_of(client.error()));
  if (!client.ok()) co_return std::move(client).error();
  if (!client->has_auth_method(AuthMethod::none)) co_return Outcome(failed());
  co_return Outcome(AuthenticatedClient{std::move(*client), AuthMethod::none});
}

Task<Result<Outcome>> by_form_secret(Clients& clients, std::string client_id, Secret secret,
                                     int64_t now_seconds) {
  auto client = co_await clients.find(std::move(client_id));
  if (!client.ok() && is_callers(client.error())) co_return Outcome(failed());
  if (!client.ok()) co_return std::move(client).error();
  if (!has_secret(*client, secret, now_seconds)) co_return Outcome(failed());
  co_return Outcome(AuthenticatedClient{std::move(*client), AuthMethod::client_secret_post});
}

Task<Result<Outcome>> by_header(Clients& clients, std::string client_id, std::string header,
                                int64_t now_seconds) {
  for (Credentials& reading : read_basic(header)) {
    if (!client_id.empty() && reading.client_id != client_id) continue;
    auto client = co_await clients.find(reading.client_id);
    if (!client.ok() && !is_callers(client.error())) co_return std::move(client).error();
    if (!client.ok()) continue;
    if (has_secret(*client, reading.secret, now_seconds)) {
      co_return Outcome(AuthenticatedClient{std::move(*client), AuthMethod::client_secret_basic});
    }
    // A public client that fills in the header all the same: an empty secret proves nothing and claims
    // nothing.
    if (reading.secret.empty() && client->has_auth_method(AuthMethod::none)) {
      co_return Outcome(AuthenticatedClient{std::move(*client), AuthMethod::none});
    }
  }
  co_return Outcome(failed(true));
}

}  // namespace

ClientAuthentication::ClientAuthentication(Clients& clients, sql::Database& database, const Clock& clock,
                                           std::vector<std::string> audiences)
    : clients_(clients), database_(database), clock_(clock), audiences_(std::move(audiences)) {}

Task<Result<Outcome>> ClientAuthentication::authenticate(ClientProof proof) {
  const bool by_basic = !proof.authorization_header.empty();
  const bool by_assertion = !proof.assertion.empty() || !proof.assertion_type.empty();
  const int methods = int{by_basic} + int{proof.client_secret.has_value()} + int{by_assertion};
  if (methods > 1) co_return Outcome(malformed("More than one way of client authentication was used."));
  const int64_t now_seconds = clock_.now_seconds();
  if (by_basic) {
    co_return co_await by_header(clients_, std::move(proof.client_id), std::move(proof.authorization_header),
                                 now_seconds);
  }
  if (by_assertion) co_return co_await authenticate_by_assertion(std::move(proof));
  if (proof.client_secret) {
    co_return co_await by_form_secret(clients_, std::move(proof.client_id), std::move(*proof.client_secret),
                                      now_seconds);
  }
  co_return co_await by_nothing(clients_, std::move(proof.client_id));
}

Task<Result<Outcome>> ClientAuthentication::authenticate_by_assertion(ClientProof proof) {
  if (proof.assertion.empty() || proof.assertion_type.empty()) {
    co_return Outcome(malformed("client_assertion and client_assertion_type belong together."));
  }
  if (proof.assertion_type != kAssertionType) co_return Outcome(failed());
  auto claimed = read_claimed_assertion(proof.assertion);
  if (!claimed.ok()) co_return Outcome(failed());
  if (!proof.client_id.empty() && proof.client_id != claimed->client_id) {
    co_return Outcome(malformed("client_id is not that of the client assertion."));
  }
  auto client = co_await clients_.find(claimed->client_id);
  if (!client.ok() && is_callers(client.error())) co_return Outcome(refusal_of(client.error()));
  if (!client.ok()) co_return std::move(client).error();
  if (!client->has_auth_method(AuthMethod::private_key_jwt)) co_return Outcome(failed());
  auto key = co_await clients_.find_key(*client, claimed->key_id, claimed->algorithm);
  if (!key.ok() && is_callers(key.error())) co_return Outcome(failed());
  if (!key.ok()) co_return std::move(key).error();
  auto claims = jose::verify_jws(proof.assertion.reveal(), *key);
  if (!claims.ok()) co_return Outcome(failed());
  auto proved = judge_assertion(claims->root(), client->id, audiences_, clock_.now());
  if (!proved.ok()) co_return Outcome(failed());
  std::function<Result<bool>(sql::Transaction&)> use = [&client, &proved](sql::Transaction& transaction) {
    return use_assertion(transaction, client->id, proved->id, proved->until);
  };
  CO_TRY(bool first_use, co_await database_.write_value<bool>(std::move(use)));
  if (!first_use) co_return Outcome(failed());
  co_return Outcome(AuthenticatedClient{std::move(*client), AuthMethod::private_key_jwt});
}

}  // namespace valetkey::apps
