// Memory that is given back is wiped: operator delete of the whole program (and so of every string, vector
// and coroutine frame in it) overwrites the block before free() gets it. What keeps its memory for reuse
// wipes it itself (JsonDocument, the connections' buffers). The sanitizers bring their own operators, which
// poison.
#include "app/wiped_memory.h"

#include <malloc.h>

#include <cstdlib>
#include <cstring>
#include <new>

namespace valetkey {

void return_large_blocks_to_the_system() {
  // A block from that size on is a mapping of its own, which ceases to exist when it is freed. A fixed
  // threshold: by default it rises when such a block is freed.
  ::mallopt(M_MMAP_THRESHOLD, static_cast<int>(kReturnedFrom));
}

}  // namespace valetkey

#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)

namespace {

void wipe_and_free(void* block) noexcept {
  if (block == nullptr) return;
  size_t size = ::malloc_usable_size(block);
  if (size < valetkey::kReturnedFrom) {
    std::memset(block, 0, size);
    asm volatile("" : : "r"(block) : "memory");  // the compiler must not drop the dead store
  }
  std::free(block);
}

}  // namespace

void operator delete(void* block) noexcept {
  wipe_and_free(block);
}
void operator delete[](void* block) noexcept {
  wipe_and_free(block);
}
void operator delete(void* block, size_t) noexcept {
  wipe_and_free(block);
}
void operator delete[](void* block, size_t) noexcept {
  wipe_and_free(block);
}
void operator delete(void* block, const std::nothrow_t&) noexcept {
  wipe_and_free(block);
}
void operator delete[](void* block, const std::nothrow_t&) noexcept {
  wipe_and_free(block);
}

#endif
