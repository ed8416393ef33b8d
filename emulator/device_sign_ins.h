// Device sign-ins in progress, of all three issuers: a person types the user code on the human page (or a
// test uses the control API) and approves or denies; the client polls. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "clock.h"
#include "ids.h"
#include "people.h"
#include "tokens.h"

namespace valetkey::emulator {

struct DeviceSignIn {
  Issuer issuer = Issuer::openai;
  std::string device_id;  // device_auth_id or device_code
  std::string user_code;
  std::string client_id;
  std::string scope;
  Millis expires_at = 0;
  int64_t interval = 5;  // seconds
  enum class State { pending, approved, denied, taken } state = State::pending;
  Person person;
};

enum class DevicePoll { pending, too_fast, approved, denied, expired, unknown };

// An authorization code and what it is bound to (upstreams 1.3, 1.4).
struct IssuedCode {
  std::string client_id, redirect_uri, code_challenge;
  Person person;
  Millis expires_at = 0;
};

class DeviceSignIns {
 public:
  DeviceSignIns(MovableClock& clock, IdSource& ids) : clock_(clock), ids_(ids) {}

  DeviceSignIn start(Issuer issuer, std::string_view client_id, std::string_view scope, Millis lifetime);
  // Counts the poll; a poll before the interval has passed is too_fast and lengthens the interval by 5 s (RFC
  // 8628 3.5). Approved is answered once; `sign_in` is filled unless unknown.
  DevicePoll poll(Issuer issuer, std::string_view device_id, DeviceSignIn& sign_in, bool enforce_interval);

  // Nothing when no live sign-in has that code. Codes are compared without case and dashes.
  std::optional<DeviceSignIn> find(std::string_view user_code) const;
  bool decide(std::string_view user_code, bool approve, const Person& person);

  std::string issue_code(IssuedCode code);
  std::optional<IssuedCode> take_code(std::string_view code);  // single use

  int64_t interval() const;
  void set_interval(int64_t seconds);
  std::string describe() const;  // JSON array
  void clear();

 private:
  struct Entry : DeviceSignIn {
    Millis last_poll = 0;
  };
  mutable std::mutex mutex_;
  MovableClock& clock_;
  IdSource& ids_;
  int64_t interval_ = 5;
  std::map<std::string, Entry, std::less<>> by_device_;
  std::map<std::string, IssuedCode, std::less<>> codes_;
};

}  // namespace valetkey::emulator
