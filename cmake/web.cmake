# web_site: the pages of web/, built by Vite and compiled in. Only what links it needs Node and the npm packages that
# ./dev setup installs; everything else configures and builds without them.
unset(VALETKEY_NODE CACHE)  # ./dev setup may have brought a newer one since
find_program(VALETKEY_NODE node PATHS ${CMAKE_SOURCE_DIR}/build/tools/node/bin NO_DEFAULT_PATH)
find_program(VALETKEY_NODE node)
if(NOT VALETKEY_NODE)
  set(VALETKEY_NODE node)  # the build step says that it is missing
endif()

file(GLOB_RECURSE web_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/web/src/*)
set(web_output ${CMAKE_BINARY_DIR}/web)
add_custom_command(
  OUTPUT ${web_output}/site.cc ${web_output}/site.bin
  COMMAND ${VALETKEY_NODE} --disable-warning=ExperimentalWarning ${CMAKE_SOURCE_DIR}/tools/embed_web.ts ${web_output}
  DEPENDS ${web_sources} ${CMAKE_SOURCE_DIR}/web/index.html ${CMAKE_SOURCE_DIR}/web/vite.config.ts
          ${CMAKE_SOURCE_DIR}/web/package.json ${CMAKE_SOURCE_DIR}/package-lock.json
          ${CMAKE_SOURCE_DIR}/tools/embed_web.ts
  COMMENT "web pages"
  VERBATIM)
set_source_files_properties(${web_output}/site.cc PROPERTIES OBJECT_DEPENDS ${web_output}/site.bin)
add_library(web_site STATIC EXCLUDE_FROM_ALL ${web_output}/site.cc)
