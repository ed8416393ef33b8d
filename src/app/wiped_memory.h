// The program's memory holds people's secrets no longer than they are used. Linking this replaces operator
// delete.
#pragma once

#include <cstddef>

namespace valetkey {

constexpr size_t kReturnedFrom = 1u << 20;

// Call first of all, before anything large is allocated.
void return_large_blocks_to_the_system();

}  // namespace valetkey
