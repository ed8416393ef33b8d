// Signing in with a device code: start, poll, complete. Pending sign-ins live in the store, so they survive a
// restart and any instance can be polled. The store holds the hash of the session id; everything secret
// (device code, finished pass) is encrypted under a key derived from the session id, which only the starter
// holds.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "domain/passes/session_pass.h"
#include "domain/vault/vault.h"

namespace valetkey {

// What a provider answers to the request for a code.
struct DeviceCode {
  Secret device_code;  // device_auth_id at openai
  std::string user_code;
  std::string verification_url;
  Millis interval = 5 * kSecond;
  Millis lifetime = 15 * kMinute;
};

// A failure in our own words, fit for the person: what happened and what to do. Never an upstream's text.
struct DeviceStart {
  std::optional<DeviceCode> code;
  std::string problem;  // set when code is not
};

struct DevicePoll {
  enum class Kind {
    pending,
    slow_down,  // pending, and `interval` from now on
    transient,  // the provider could not be asked; stays pending
    approved,   // `tokens`
    refused,    // terminal; `problem`
    expired,    // terminal
  };
  Kind kind = Kind::pending;
  Millis interval = 0;
  ProviderTokens tokens;
  std::string problem;
};

// Implemented by the engine, injected by app/.
class DeviceFlow {
 public:
  virtual ~DeviceFlow() = default;
  virtual Task<DeviceStart> start(ProviderId provider, std::string originator) = 0;
  virtual Task<DevicePoll> poll(ProviderId provider, DeviceCode code, std::string originator) = 0;
};

struct SignInStart {
  ProviderId provider = ProviderId::openai;
  std::string app;
  std::string code_challenge;  // optional, S256 (RFC 7636): base64url(SHA-256(verifier)), 43 characters
};

struct StartedSignIn {
  std::string session_id;  // a random UUID
  std::string user_code;
  std::string verification_url;
  Millis expires_in = 0;
  Millis poll_interval = 0;
};

struct SignInState {
  enum class Kind { not_found, pending, complete, expired, failed, verifier_required };
  Kind kind = Kind::not_found;
  std::string jwt;      // complete
  std::string problem;  // failed
};

class SignIns {
 public:
  SignIns(sql::Database& database, const Clock& clock, Random& random, Vault& vault, DeviceFlow& flow,
          const jose::HmacKeyRing& ring, std::string originator);
  ~SignIns();

  // `problem` in the Error's detail is fit for the person when the code is Code::upstream.
  Task<Result<StartedSignIn>> start(SignInStart request);
  // Asks the provider at most once per interval, whoever and however many poll; the others get the state as
  // it is. The upstream exchange goes on when the poller leaves. A finished pass can be fetched for 60 s,
  // then it is deleted.
  Task<Result<SignInState>> poll(std::string session_id, std::string app, std::string code_verifier);
  Task<Result<int64_t>> delete_expired();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace valetkey
