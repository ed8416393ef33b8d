#include "device_sign_ins.h"

#include "foundation/base/json.h"
#include "foundation/base/strings.h"

namespace valetkey::emulator {
namespace {

// A person may type the code in lower case and without the dash.
std::string canonical(std::string_view code) {
  std::string out;
  for (char c : code) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) out += c;
  }
  return out;
}

std::string_view state_name(DeviceSignIn::State state) {
  switch (state) {
    case DeviceSignIn::State::pending:
      return "pending";
    case DeviceSignIn::State::approved:
      return "approved";
    case DeviceSignIn::State::denied:
      return "denied";
    case DeviceSignIn::State::taken:
      return "taken";
  }
  return "";
}

}  // namespace

DeviceSignIn DeviceSignIns::start(Issuer issuer, std::string_view client_id, std::string_view scope,
                                  Millis lifetime) {
  std::lock_guard lock(mutex_);
  Entry entry;
  entry.issuer = issuer;
  entry.client_id = client_id;
  entry.scope = scope;
  entry.expires_at = clock_.now() + lifetime;
  entry.interval = interval_;
  entry.device_id = issuer == Issuer::openai ? ids_.make("deviceauth_", 32) : ids_.make("", 40);
  entry.user_code = ids_.make_user_code(4, issuer == Issuer::openai ? 5 : 4);
  by_device_[entry.device_id] = entry;
  return entry;
}

DevicePoll DeviceSignIns::poll(Issuer issuer, std::string_view device_id, DeviceSignIn& sign_in,
                               bool enforce_interval) {
  std::lock_guard lock(mutex_);
  auto found = by_device_.find(device_id);
  if (found == by_device_.end() || found->second.issuer != issuer) return DevicePoll::unknown;
  Entry& entry = found->second;
  const Millis now = clock_.now();
  // 100 ms of grace: a client that sleeps exactly the interval must not be told to slow down.
  const bool too_fast = entry.last_poll != 0 && now + 100 < entry.last_poll + entry.interval * kSecond;
  entry.last_poll = now;
  DevicePoll verdict = DevicePoll::pending;
  if (entry.state == DeviceSignIn::State::taken) {
    verdict = DevicePoll::unknown;
  } else if (entry.expires_at <= now) {
    verdict = DevicePoll::expired;
  } else if (enforce_interval && too_fast) {
    entry.interval += 5;
    verdict = DevicePoll::too_fast;
  } else if (entry.state == DeviceSignIn::State::denied) {
    verdict = DevicePoll::denied;
  } else if (entry.state == DeviceSignIn::State::approved) {
    entry.state = DeviceSignIn::State::taken;
    verdict = DevicePoll::approved;
  }
  sign_in = entry;
  return verdict;
}

std::optional<DeviceSignIn> DeviceSignIns::find(std::string_view user_code) const {
  std::lock_guard lock(mutex_);
  const std::string wanted = canonical(user_code);
  for (const auto& [device, entry] : by_device_) {
    if (canonical(entry.user_code) == wanted && entry.expires_at > clock_.now()) return entry;
  }
  return std::nullopt;
}

bool DeviceSignIns::decide(std::string_view user_code, bool approve, const Person& person) {
  std::lock_guard lock(mutex_);
  const std::string wanted = canonical(user_code);
  for (auto& [device, entry] : by_device_) {
    if (canonical(entry.user_code) != wanted || entry.expires_at <= clock_.now()) continue;
    if (entry.state != DeviceSignIn::State::pending) continue;
    entry.state = approve ? DeviceSignIn::State::approved : DeviceSignIn::State::denied;
    entry.person = person;
    return true;
  }
  return false;
}

std::string DeviceSignIns::issue_code(IssuedCode code) {
  std::lock_guard lock(mutex_);
  std::string value = ids_.make("ac_", 48);
  codes_[value] = std::move(code);
  return value;
}

std::optional<IssuedCode> DeviceSignIns::take_code(std::string_view code) {
  std::lock_guard lock(mutex_);
  auto found = codes_.find(code);
  if (found == codes_.end()) return std::nullopt;
  IssuedCode taken = std::move(found->second);
  codes_.erase(found);
  if (taken.expires_at <= clock_.now()) return std::nullopt;
  return taken;
}

int64_t DeviceSignIns::interval() const {
  std::lock_guard lock(mutex_);
  return interval_;
}

void DeviceSignIns::set_interval(int64_t seconds) {
  std::lock_guard lock(mutex_);
  interval_ = seconds;
}

std::string DeviceSignIns::describe() const {
  std::lock_guard lock(mutex_);
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  for (const auto& [device, entry] : by_device_) {
    json.begin_object().member("issuer", std::string(issuer_name(entry.issuer)));
    json.member("user_code", entry.user_code).member("state", state_name(entry.state)).end_object();
  }
  json.end_array();
  return out;
}

void DeviceSignIns::clear() {
  std::lock_guard lock(mutex_);
  by_device_.clear();
  codes_.clear();
  interval_ = 5;
}

}  // namespace valetkey::emulator
