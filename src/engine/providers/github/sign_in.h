// Signing in with GitHub by device code; it ends only when the account has Copilot (upstreams 3.1, 3.2).
#pragma once

#include <string>

#include "domain/sign_in/sign_in.h"
#include "engine/providers/github/copilot_token.h"
#include "engine/providers/held_grants.h"

namespace valetkey::providers::github {

constexpr Millis kGithubTokenLife = 365 * kDay;  // it does not expire by itself

// Thread-safe; one instance for the process.
class SignIn {
 public:
  SignIn(const GithubOptions& options, WorkerClients& clients, const Clock& clock, CopilotTokens& copilot)
      : options_(options), clients_(clients), clock_(clock), copilot_(copilot) {}

  Task<DeviceStart> start();
  Task<DevicePoll> poll(DeviceCode code);

 private:
  Task<Result<Reply>> post(std::string path, http::Form form);
  // Entitlement and account of a GitHub token that was just granted.
  Task<DevicePoll> complete(Secret device_code, Secret token, Millis expires);

  const GithubOptions& options_;
  WorkerClients& clients_;
  const Clock& clock_;
  CopilotTokens& copilot_;
  HeldGrants tokens_;
};

}  // namespace valetkey::providers::github
