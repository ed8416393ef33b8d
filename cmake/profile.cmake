# What the compiler knows of the load (docs/adr/0020-built-by-a-profile.md): valetkey.profdata says how often each branch
# was taken under it. "make" builds a program that counts, for `./dev bench profile`; "use" builds by the counts.
set(VALETKEY_PROFILE "off" CACHE STRING "off, make or use")
if(NOT VALETKEY_PROFILE STREQUAL "off")
  add_compile_options("SHELL:-mllvm -static-func-full-module-prefix=false")  # names without the path of this folder
endif()
if(VALETKEY_PROFILE STREQUAL "make")
  add_compile_options(-fprofile-generate)
  add_link_options(-fprofile-generate)
elseif(VALETKEY_PROFILE STREQUAL "use")
  set(profile ${CMAKE_CURRENT_LIST_DIR}/valetkey.profdata)
  # A function that is new or has changed since is compiled as without a profile.
  add_compile_options(-fprofile-use=${profile} -Wno-profile-instr-unprofiled -Wno-profile-instr-out-of-date
                      -Wno-backend-plugin)
  # Another profile compiles everything anew.
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${profile})
  file(SHA256 ${profile} profile_hash)
  add_compile_definitions(VALETKEY_PROFILE_HASH=0x${profile_hash})
endif()

# Moves what runs together side by side in the linked program (docs/adr/0021-code-lies-as-it-runs.md).
function(valetkey_lay_out program)
  if(NOT VALETKEY_PROFILE STREQUAL "use" OR NOT CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
    return()
  endif()
  set(counts ${CMAKE_SOURCE_DIR}/cmake/valetkey.fdata.gz)
  set(lay_out ${CMAKE_SOURCE_DIR}/tools/lay_out)
  target_link_options(${program} PRIVATE -Wl,--emit-relocs)
  set_property(TARGET ${program} APPEND PROPERTY LINK_DEPENDS ${counts} ${lay_out})
  add_custom_command(TARGET ${program} POST_BUILD COMMAND ${lay_out} $<TARGET_FILE:${program}> ${counts} VERBATIM)
endfunction()
