// The program's memory holds people's secrets no longer than they are used: linking this replaces operator
// delete (docs/adr/0012-memory-is-wiped.md).
#pragma once

#include <cstddef>

namespace valetkey {

// From that size on the pages of a block go back to the kernel, which costs what was touched of them and not
// what was asked for.
constexpr size_t kPagesDroppedFrom = 1u << 20;

// Afterwards every byte is 0. `memory` is private memory of an allocator's, never a mapped file.
void wipe_block(void* memory, size_t size) noexcept;

}  // namespace valetkey
