# How this project's own code is compiled, and what a room is.

include(GNUInstallDirs)

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Kind of build" FORCE)
endif()

# Warnings, include paths and features shared by all of our own code.
add_library(yoke_flags INTERFACE)
target_compile_options(yoke_flags INTERFACE
  -Wall -Wextra -Wshadow -Wconversion $<$<BOOL:${YOKE_WERROR}>:-Werror>)
target_compile_definitions(yoke_flags INTERFACE _GNU_SOURCE)
target_include_directories(yoke_flags INTERFACE
  ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/engine)
set(YOKE_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize= (address,undefined or thread)")
if(YOKE_SANITIZE)
  target_compile_options(yoke_flags INTERFACE -fsanitize=${YOKE_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(yoke_flags INTERFACE -fsanitize=${YOKE_SANITIZE})
  if(YOKE_SANITIZE MATCHES "address")
    # OpenCL drivers throw C++ exceptions while they are loaded; AddressSanitizer looks
    # for __cxa_throw once, at the start, and aborts if there was none.
    target_link_options(yoke_flags INTERFACE
      "LINKER:--push-state,--no-as-needed" "-l:libstdc++.so.6" "LINKER:--pop-state")
  endif()
  if(YOKE_SANITIZE MATCHES "undefined")
    target_compile_options(yoke_flags INTERFACE -fno-sanitize-recover=undefined)
  endif()
endif()

# yoke_room(name [LINK libraries...]): engine/<name>/ as one object library.
# Rooms are listed from left to right; a room may use only those before it.
# With tests, each is built a second time with the failing hooks in.
function(yoke_room name)
  cmake_parse_arguments(arg "" "" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS
    ${PROJECT_SOURCE_DIR}/engine/${name}/*.c ${PROJECT_SOURCE_DIR}/engine/${name}/*/*.c)
  if(NOT YOKE_OPENCL)
    list(FILTER sources EXCLUDE REGEX "/opencl/")
  endif()
  foreach(kind "" _hooked)
    if(kind AND NOT YOKE_TESTS)
      continue()
    endif()
    add_library(yoke_${name}${kind} OBJECT ${sources})
    target_link_libraries(yoke_${name}${kind} PRIVATE yoke_flags ${arg_LINK})
    if(kind)
      target_compile_definitions(yoke_${name}${kind} PRIVATE YKI_TEST_HOOKS)
    endif()
    if(YOKE_OPENCL)
      target_compile_definitions(yoke_${name}${kind} PRIVATE YOKE_OPENCL)
    endif()
  endforeach()
  set_property(GLOBAL APPEND PROPERTY YOKE_ROOMS ${name})
endfunction()
