#include "foundation/http/output_buffer.h"

#include <utility>
#include <vector>

#include "foundation/base/secret.h"

namespace valetkey::http {
namespace {

constexpr size_t kUsual = 2048;
constexpr size_t kLargestKept = 32 * 1024;
constexpr size_t kKept = 128;  // per thread: as many answers as may leave in one turn

std::vector<std::string>& spares() {
  thread_local std::vector<std::string> of_this_thread;
  return of_this_thread;
}

}  // namespace

OutputBuffer::OutputBuffer() {
  auto& spare = spares();
  if (spare.empty()) {
    text_.reserve(kUsual);
    return;
  }
  text_ = std::move(spare.back());
  spare.pop_back();
}

OutputBuffer::~OutputBuffer() {
  clear();
  auto& spare = spares();
  if (text_.capacity() <= kLargestKept && spare.size() < kKept) spare.push_back(std::move(text_));
}

void OutputBuffer::clear() {
  wipe_bytes(text_.data(), text_.size());
  text_.clear();
}

}  // namespace valetkey::http
