#include "foundation/http/client/block.h"

#include <cstring>
#include <utility>
#include <vector>

#include "foundation/base/secret.h"

namespace valetkey::http {
namespace {

std::vector<std::unique_ptr<char[]>>& spares() {
  static thread_local std::vector<std::unique_ptr<char[]>> of_this_thread;
  return of_this_thread;
}

}  // namespace

Block::Block(size_t capacity) : capacity_(capacity) {
  auto& spare = spares();
  if (capacity == kUsual && !spare.empty()) {
    bytes_ = std::move(spare.back());
    spare.pop_back();
  } else {
    bytes_.reset(new char[capacity]);  // not zeroed: only what was read is looked at
  }
}

void Block::release() {
  wipe_bytes(bytes_.get(), used_);
  if (capacity_ == kUsual && spares().size() < kMaxSpare) {
    spares().push_back(std::move(bytes_));
  }
  bytes_.reset();
  capacity_ = used_ = 0;
}

void Block::grow(size_t capacity, size_t used) {
  Block larger(capacity);
  std::memcpy(larger.data(), data(), used);
  larger.used_to(used);
  swap(larger);
}

void Block::swap(Block& other) noexcept {
  std::swap(bytes_, other.bytes_);
  std::swap(capacity_, other.capacity_);
  std::swap(used_, other.used_);
}

}  // namespace valetkey::http
