// The parts that renewing a credential needs, in the keeper's process: a store, one worker with its HTTP
// client, the providers and a vault.
#pragma once

#include <memory>

#include "app/config.h"
#include "domain/vault/vault.h"
#include "engine/providers/provider.h"
#include "foundation/net/worker.h"

namespace valetkey {

VaultOptions vault_options(const Config& config);
http::ClientLimits client_limits(const UpstreamConfig& config);

class RenewalParts {
 public:
  static Result<std::unique_ptr<RenewalParts>> build(const Config& config);
  ~RenewalParts();
  net::Worker& worker() { return worker_; }
  Vault& vault() { return *vault_; }

 private:
  RenewalParts();
  SystemClock clock_;
  net::Worker worker_;
  std::unique_ptr<sql::Database> database_;  // ends before the worker
  providers::WorkerClients clients_;
  std::unique_ptr<providers::Providers> providers_;
  std::unique_ptr<Vault> vault_;
};

}  // namespace valetkey
