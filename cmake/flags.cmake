# Compiler and linker flags of every target.
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror
                    -fno-omit-frame-pointer -fcolor-diagnostics)
add_compile_definitions(BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_VISIBILITY)
# Asio would lend a spare coroutine frame to any smaller one, which a waiting stream then keeps: take each from the
# allocator, in its size.
add_compile_definitions(BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING)
add_link_options(-fuse-ld=mold)

# With sanitizers most of a build's time would go into optimising what they add, and a test gains little by it; a fuzz
# target does. Reports need lines, not variables; a test names its lines itself.
set(VALETKEY_TEST_OPTIONS "")
if(VALETKEY_SANITIZE)
  if(VALETKEY_FUZZ)
    add_compile_options(-O1)
  endif()
  add_compile_options(-fsanitize=${VALETKEY_SANITIZE} -fno-sanitize-recover=all -gline-tables-only)
  set(VALETKEY_TEST_OPTIONS -g0)
  string(REPLACE "fuzzer-no-link," "" link_sanitizers "${VALETKEY_SANITIZE}")
  add_link_options(-fsanitize=${link_sanitizers})
endif()

if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -gline-tables-only")  # and no NDEBUG
  add_compile_options(-D_FORTIFY_SOURCE=2 -fstack-protector-strong)
  add_link_options(-Wl,-z,relro,-z,now)
endif()
