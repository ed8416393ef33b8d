# Library headers that nearly every file includes are parsed once for a whole build: half of its time went into that.
# The fuzz build and ./dev lint do without, and so find a file that includes less than it uses.
option(VALETKEY_PRECOMPILE "precompile the library headers" ON)
set(library_headers
    <algorithm> <array> <atomic> <charconv> <chrono> <cstdint> <cstring> <functional> <map> <memory> <mutex> <optional>
    <set> <span> <string> <string_view> <thread> <tuple> <unordered_map> <utility> <variant> <vector>
    <boost/asio/as_tuple.hpp> <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp> <boost/asio/io_context.hpp>
    <boost/asio/ip/tcp.hpp> <boost/asio/post.hpp> <boost/asio/steady_timer.hpp> <boost/asio/use_awaitable.hpp>)
set(test_headers <gmock/gmock.h> <gtest/gtest.h> <filesystem> <fstream> <sstream>)

# valetkey_precompile(TARGET KIND): KIND is "module" or "test"; all targets of one kind share what was read for the first.
function(valetkey_precompile target kind)
  if(NOT VALETKEY_PRECOMPILE)
    return()
  endif()
  set(owner precompiled_for_${kind})
  if(NOT TARGET ${owner})
    file(CONFIGURE OUTPUT ${owner}.cc CONTENT "")
    add_library(${owner} OBJECT ${CMAKE_CURRENT_BINARY_DIR}/${owner}.cc)
    set(headers ${library_headers})
    if(kind STREQUAL "test")
      list(APPEND headers ${test_headers})
      target_link_libraries(${owner} PRIVATE GTest::gmock)
      target_compile_options(${owner} PRIVATE ${VALETKEY_TEST_OPTIONS})
    endif()
    target_precompile_headers(${owner} PRIVATE ${headers})
    target_compile_options(${owner} PRIVATE -Xclang -fno-pch-timestamp)  # the same bytes each time, for ccache
  endif()
  target_precompile_headers(${target} REUSE_FROM ${owner})
endfunction()
