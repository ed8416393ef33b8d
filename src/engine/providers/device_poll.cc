#include "engine/providers/device_poll.h"

#include <algorithm>

#include "engine/providers/fetch.h"

namespace valetkey::providers {
namespace {

DevicePoll of_kind(DevicePoll::Kind kind) {
  DevicePoll poll;
  poll.kind = kind;
  return poll;
}

// In range for any double.
Millis clamp_seconds(double seconds, Millis least, Millis most) {
  double millis = seconds * 1000.0;
  return static_cast<Millis>(std::clamp(millis, static_cast<double>(least), static_cast<double>(most)));
}

}  // namespace

Millis poll_interval(const Json& seconds) {
  auto value = seconds_in(seconds);
  if (!value || !(*value > 0)) return kDefaultPollInterval;
  return clamp_seconds(*value, kShortestPollInterval, kLongestPollInterval);
}

Millis code_lifetime(const Json& seconds, Millis fallback) {
  auto value = seconds_in(seconds);
  if (!value || !(*value > 0)) return fallback;
  return clamp_seconds(*value, kMinute, kHour);
}

DevicePoll still_pending() {
  return of_kind(DevicePoll::Kind::pending);
}
DevicePoll ask_later() {
  return of_kind(DevicePoll::Kind::transient);
}
DevicePoll expired() {
  return of_kind(DevicePoll::Kind::expired);
}
DevicePoll slow_down(Millis interval) {
  DevicePoll poll = of_kind(DevicePoll::Kind::slow_down);
  poll.interval = interval;
  return poll;
}
DevicePoll refused(std::string problem) {
  DevicePoll poll = of_kind(DevicePoll::Kind::refused);
  poll.problem = std::move(problem);
  return poll;
}

bool is_transient(int status) {
  return status == 408 || status == 429 || status >= 500;
}

}  // namespace valetkey::providers
