// Signing in with Grok by device code (RFC 8628), and refreshing (upstreams 4.1, 4.2, 4.4).
#pragma once

#include <string>

#include "domain/sign_in/sign_in.h"
#include "engine/providers/xai/discovery.h"

namespace valetkey::providers::xai {

// Thread-safe; one instance for the process.
class SignIn {
 public:
  SignIn(const XaiOptions& options, WorkerClients& clients, const Clock& clock)
      : options_(options), clients_(clients), clock_(clock), discovery_(options, clients, clock) {}

  Task<DeviceStart> start();
  Task<DevicePoll> poll(DeviceCode code);
  Task<RefreshReply> refresh(ProviderTokens tokens);

 private:
  enum class Endpoint { device_authorization, token };
  // Posts to an endpoint found by discovery; when it has moved, finds it anew and posts once more.
  Task<Result<Reply>> post(Endpoint endpoint, http::Form form, bool only_once);
  Task<Result<Reply>> post_to(http::Url url, std::string body, bool only_once);

  const XaiOptions& options_;
  WorkerClients& clients_;
  const Clock& clock_;
  Discovery discovery_;
};

}  // namespace valetkey::providers::xai
