#include "foundation/base/cancellation.h"

namespace valetkey {

void Cancellation::request() {
  if (std::exchange(requested_, true)) return;
  while (newest_ != nullptr) {
    OnCancel* entry = newest_;
    entry->unlink();
    entry->callback_();
  }
}

OnCancel::OnCancel(Cancellation& cancellation, std::function<void()> callback)
    : cancellation_(&cancellation), callback_(std::move(callback)) {
  if (cancellation.requested_) {
    cancellation_ = nullptr;
    callback_();
    return;
  }
  older_ = cancellation.newest_;
  if (older_ != nullptr) older_->newer_ = this;
  cancellation.newest_ = this;
}

OnCancel::~OnCancel() {
  if (cancellation_ != nullptr) unlink();
}

void OnCancel::unlink() {
  if (older_ != nullptr) older_->newer_ = newer_;
  if (newer_ != nullptr) {
    newer_->older_ = older_;
  } else {
    cancellation_->newest_ = older_;
  }
  cancellation_ = nullptr;
}

}  // namespace valetkey
