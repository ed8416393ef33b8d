// Memory that is given back is wiped: operator delete of the whole program (and so of every string, vector
// and coroutine frame in it) overwrites the block before free() gets it. What keeps its memory for reuse
// wipes it itself (JsonDocument, the connections' buffers). The sanitizers bring their own operators, which
// poison.
#include "app/wiped_memory.h"

#include <malloc.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

namespace valetkey {
namespace {

void overwrite(char* begin, size_t size) noexcept {
  std::memset(begin, 0, size);
  asm volatile("" : : "r"(begin) : "memory");  // the compiler must not drop the dead store
}

}  // namespace

void wipe_block(void* memory, size_t size) noexcept {
  constexpr uintptr_t kPage = 4096;  // a larger one makes madvise() fail, and then we overwrite
  char* begin = static_cast<char*>(memory);
  if (size < kPagesDroppedFrom) return overwrite(begin, size);
  size_t head = (kPage - reinterpret_cast<uintptr_t>(begin) % kPage) % kPage;
  size_t pages = (size - head) / kPage * kPage;
  if (::madvise(begin + head, pages, MADV_DONTNEED) != 0) return overwrite(begin, size);
  overwrite(begin, head);
  overwrite(begin + head + pages, size - head - pages);
}

}  // namespace valetkey

#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)

namespace {

void wipe_and_free(void* block) noexcept {
  if (block == nullptr) return;
  valetkey::wipe_block(block, ::malloc_usable_size(block));
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
