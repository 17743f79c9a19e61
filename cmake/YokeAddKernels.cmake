# yoke_add_kernels(target file.cl ... [PREFIX p] [DEFINITIONS NAME[=VALUE]...]
#                  [INCLUDE_DIRECTORIES dir...] [CHECK])
#
# Compiles kernel files with yokec and adds what comes out to the target: the code to its
# sources, FILE.yk.h to its include path.  A change of a .cl file, of what it includes or
# of yokec compiles it again.  Works in this project and, through find_package(yoke), in
# others.
function(yoke_add_kernels target)
  cmake_parse_arguments(arg "CHECK" "PREFIX" "DEFINITIONS;INCLUDE_DIRECTORIES" ${ARGN})
  if(NOT TARGET ${target})
    message(FATAL_ERROR "yoke_add_kernels: ${target} is not a target")
  endif()
  if(NOT arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "yoke_add_kernels: no kernel files given for ${target}; they come "
      "before PREFIX, DEFINITIONS and INCLUDE_DIRECTORIES")
  endif()
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${target}.yk)
  file(MAKE_DIRECTORY ${folder})
  set(options)
  if(arg_PREFIX)
    list(APPEND options --prefix ${arg_PREFIX})
  endif()
  if(arg_CHECK)
    list(APPEND options --check)
  endif()
  foreach(definition IN LISTS arg_DEFINITIONS)
    list(APPEND options -D ${definition})
  endforeach()
  foreach(dir IN LISTS arg_INCLUDE_DIRECTORIES)
    get_filename_component(dir ${dir} ABSOLUTE)
    list(APPEND options -I ${dir})
  endforeach()
  foreach(file IN LISTS arg_UNPARSED_ARGUMENTS)
    get_filename_component(source ${file} ABSOLUTE)
    get_filename_component(name ${file} NAME_WLE)
    set(base ${folder}/${arg_PREFIX}${name})
    set(depfile)
    if(CMAKE_GENERATOR MATCHES "Ninja|Makefiles" AND NOT CMAKE_VERSION VERSION_LESS 3.21)
      set(depfile DEPFILE ${base}.d)
    endif()
    add_custom_command(
      OUTPUT ${base}.yk.c ${base}.yk.h
      COMMAND yoke::yokec ${options} -o ${base} -MD -MF ${base}.d ${source}
      DEPENDS ${source} yoke::yokec
      ${depfile}
      COMMENT "Compiling kernels of ${name}.cl" VERBATIM)
    target_sources(${target} PRIVATE ${base}.yk.c ${base}.yk.h)
    if(CMAKE_C_COMPILER_ID MATCHES "Clang" AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
      set_source_files_properties(${base}.yk.c PROPERTIES
        COMPILE_OPTIONS "-O3;-fveclib=libmvec;-fno-math-errno")
    endif()
  endforeach()
  target_include_directories(${target} PRIVATE ${folder})
  target_link_libraries(${target} PRIVATE m)
endfunction()
