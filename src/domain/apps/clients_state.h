// What the two halves of Clients share: dynamic registration and a builder's clients. Private to the module.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "domain/apps/client_keys.h"
#include "domain/apps/client_metadata.h"
#include "domain/apps/client_rows.h"
#include "domain/apps/clients.h"
#include "domain/apps/metadata_documents.h"
#include "foundation/crypto/crypto.h"
#include "foundation/jose/jose.h"

namespace valetkey::apps {

constexpr size_t kClientSecretBytes = 32;
constexpr int64_t kMaxClientsOfBuilder = 200;
constexpr Millis kMarkUsedEvery = kDay;
constexpr Millis kNeverUsedGrace = kHour;  // a registration that young is not given up for another
constexpr int64_t kNeverUsedAtOnce = 100;  // deleted when the registry is full

struct Clients::State {
  State(sql::Database& d, const Clock& c, Random& r, FetchDocument fetch, RegistrationLimits l)
      : database(d),
        clock(c),
        random(r),
        documents(c, fetch, l.dynamic_client_credentials),
        keys(c, std::move(fetch)),
        limits(l) {}

  sql::Database& database;
  const Clock& clock;
  Random& random;
  MetadataDocuments documents;
  ClientKeys keys;
  const RegistrationLimits limits;

  MetadataRules rules_of(ClientKind kind) const { return {kind, limits.dynamic_client_credentials}; }
  Secret make_secret() { return Secret(jose::base64url_encode(random.bytes(kClientSecretBytes))); }
};

// A client id as any of ours could be: else it is not even looked up.
inline bool is_client_id(std::string_view id) {
  if (id.empty() || id.size() > kMaxDocumentUrl) return false;
  for (char c : id) {
    if (c <= ' ' || c > '~') return false;
  }
  return true;
}

inline std::string hash_of(const Secret& secret) {
  return crypto::sha256(secret.reveal());
}

// `fresh` takes over what is not metadata. A secret is kept when both want one; `candidate` becomes the
// secret of one that now wants one. True: it did.
inline bool take_over(const Client& old, const Secret& candidate, Client& fresh, bool fresh_needs_secret) {
  fresh.id = old.id;
  fresh.kind = old.kind;
  fresh.owner = old.owner;
  fresh.created_at = old.created_at;
  if (!fresh_needs_secret) return false;
  fresh.secret_hash = old.secret_hash;
  fresh.secret_expires_at = old.secret_expires_at;
  if (!fresh.secret_hash.empty()) return false;
  fresh.secret_hash = hash_of(candidate);
  fresh.secret_expires_at = 0;
  return true;
}

}  // namespace valetkey::apps
