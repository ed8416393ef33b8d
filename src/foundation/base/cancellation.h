// Cancellation: one flag and the callbacks that act on it. Belongs to one worker; never shared between
// threads. A wait that can be cancelled registers an OnCancel for its duration, e.g. one that closes its
// socket.
#pragma once

#include <functional>
#include <utility>

namespace valetkey {

class OnCancel;

class Cancellation {
 public:
  Cancellation() = default;
  Cancellation(const Cancellation&) = delete;
  Cancellation& operator=(const Cancellation&) = delete;

  bool requested() const { return requested_; }
  // Runs every registered callback once, newest first. Further calls do nothing.
  void request();

 private:
  friend class OnCancel;
  bool requested_ = false;
  OnCancel* newest_ = nullptr;
};

// Registered while it lives. If cancellation was already requested the callback runs in the constructor.
class OnCancel {
 public:
  OnCancel(Cancellation& cancellation, std::function<void()> callback);
  ~OnCancel();
  OnCancel(const OnCancel&) = delete;
  OnCancel& operator=(const OnCancel&) = delete;

 private:
  friend class Cancellation;
  void unlink();
  Cancellation* cancellation_;
  std::function<void()> callback_;
  OnCancel* older_ = nullptr;
  OnCancel* newer_ = nullptr;
};

}  // namespace valetkey
