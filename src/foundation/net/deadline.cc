#include "foundation/net/deadline.h"

#include <algorithm>
#include <utility>

namespace valetkey::net {

void DeadlineWheel::sweep(Millis steady_now) {
  Deadline* entry = first_;
  while (entry != nullptr) {
    cursor_ = entry->next_;
    if (entry->due_ == 0) {
      entry->unlink();  // was disarmed since the last sweep
    } else if (entry->due_ <= steady_now) {
      fire(*entry);
    }
    entry = cursor_;
  }
  cursor_ = nullptr;
}

void DeadlineWheel::fire(Deadline& entry) {
  entry.unlink();
  entry.due_ = 0;
  entry.expired_ = true;
  // The callback may destroy its own Deadline, so it must not run from inside it.
  firing_ = &entry;
  std::function<void()> callback = std::move(entry.on_expire_);
  callback();
  if (firing_ == &entry) entry.on_expire_ = std::move(callback);
  firing_ = nullptr;
}

Deadline::Deadline(DeadlineWheel& wheel, std::function<void()> on_expire)
    : wheel_(&wheel), on_expire_(std::move(on_expire)) {}

Deadline::~Deadline() {
  if (wheel_->firing_ == this) wheel_->firing_ = nullptr;
  unlink();
}

void Deadline::arm(Millis from_now) {
  due_ = std::max<Millis>(1, coarse_steady_millis() + from_now);
  expired_ = false;
  if (!linked_) link();
}

// The entry stays linked until the next sweep: arming it again before that is a store.
void Deadline::disarm() {
  due_ = 0;
}

void Deadline::link() {
  linked_ = true;
  previous_ = nullptr;
  next_ = wheel_->first_;
  if (next_ != nullptr) next_->previous_ = this;
  wheel_->first_ = this;
}

void Deadline::unlink() {
  if (!linked_) return;
  linked_ = false;
  if (wheel_->cursor_ == this) wheel_->cursor_ = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
  if (previous_ != nullptr) {
    previous_->next_ = next_;
  } else {
    wheel_->first_ = next_;
  }
  previous_ = next_ = nullptr;
}

}  // namespace valetkey::net
