// Signing in with ChatGPT by device code, and refreshing (upstreams 1.4, 1.5).
#pragma once

#include <string>

#include "domain/sign_in/sign_in.h"
#include "engine/providers/fetch.h"
#include "engine/providers/held_grants.h"
#include "engine/providers/provider.h"

namespace valetkey::providers::openai {

// Thread-safe; one instance for the process.
class SignIn {
 public:
  SignIn(const OpenAiOptions& options, WorkerClients& clients, const Clock& clock)
      : options_(options), clients_(clients), clock_(clock) {}

  Task<DeviceStart> start(std::string originator);
  Task<DevicePoll> poll(DeviceCode code, std::string originator);
  Task<RefreshReply> refresh(ProviderTokens tokens, std::string originator);

 private:
  Task<DevicePoll> exchange(Secret device_code, Secret code, Secret verifier, std::string originator);
  Task<Result<Reply>> post(std::string path, std::string content_type, std::string body,
                           std::string originator, bool only_once);

  const OpenAiOptions& options_;
  WorkerClients& clients_;
  const Clock& clock_;
  HeldGrants approvals_;  // "authorization_code\0code_verifier"
};

}  // namespace valetkey::providers::openai
