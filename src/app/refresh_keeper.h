// The keeper: a second process of the server's that does nothing but renew credentials. A refresh token may
// be used once; if the server is killed between the provider's answer and our write, the credential is lost.
// The keeper is forked before anything else runs, lives on its own, and finishes and stores what it began
// when the server is gone (docs/adr/0010-the-refresh-keeper.md). It ends when the server's end of the socket
// closes and nothing is under way. When it ends first, the server says so in its log and renews in its own
// process; no second keeper is started, because a process with threads must not fork one.
#pragma once

#include <memory>

#include "app/config.h"
#include "domain/vault/vault.h"
#include "foundation/net/worker.h"

namespace valetkey {

class RefreshKeeper final : public RemoteRenewals {
 public:
  // Forks. Call before the process has threads or open stores. The child never returns from here.
  static Result<std::unique_ptr<RefreshKeeper>> start(const Config& config);
  ~RefreshKeeper() override;

  // Replies are read on `worker`; call before it runs, and when the store is open: the keeper opens its own
  // then.
  void listen_on(net::Worker& worker);
  Task<Result<void>> renew(CredentialKey key, int64_t spent_version) override;

 private:
  struct State;
  RefreshKeeper(int socket, int child);
  std::shared_ptr<State> state_;
};

}  // namespace valetkey
