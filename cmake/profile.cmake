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
  # What never ran is taken out of the functions that did, and these lie together: a request touches fewer pages.
  add_compile_options(-fsplit-machine-functions)
  add_link_options(-Wl,-z,keep-text-section-prefix)
  # Another profile compiles everything anew.
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${profile})
  file(SHA256 ${profile} profile_hash)
  add_compile_definitions(VALETKEY_PROFILE_HASH=0x${profile_hash})
endif()
