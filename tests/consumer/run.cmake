# Installs the build under test into an empty folder, and builds and runs outside projects
# against it.  Variables: PART (install, or which project), BUILD (the build), SOURCE
# (tests/consumer), WORK (scratch).
#
# The folder has a blank in its name, and is moved before it is used: nothing installed may
# depend on where it was put.
set(first "${WORK}/put here")
set(prefix "${WORK}/used here")

function(must)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE out ERROR_VARIABLE out)
  message("${out}")
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "failed (${result}): ${ARGN}")
  endif()
endfunction()

# ctest takes a test that prints this for skipped.
macro(skip_without program)
  find_program(found_${program} ${program})
  if(NOT found_${program})
    message("SKIPPED ${PART}: there is no ${program}")
    return()
  endif()
endmacro()

# What a program built by Make needs to find the library.
macro(use_pkg_config)
  skip_without(pkg-config)
  file(GLOB_RECURSE pc "${prefix}/*/yoke.pc")
  get_filename_component(pc_dir "${pc}" DIRECTORY)
  get_filename_component(lib_dir "${pc_dir}" DIRECTORY)
  set(ENV{PKG_CONFIG_PATH} "${pc_dir}")
  set(ENV{LD_LIBRARY_PATH} "${lib_dir}")
  execute_process(COMMAND pkg-config --exists "yoke >= 0.2" RESULT_VARIABLE newer)
  if(newer EQUAL 0)
    message(FATAL_ERROR "pkg-config finds a version that is not there")
  endif()
  must(pkg-config --exists "yoke >= 0.1")
endmacro()

function(new_folder name)
  file(REMOVE_RECURSE "${WORK}/${name}")
  file(MAKE_DIRECTORY "${WORK}/${name}")
endfunction()

# ---- the parts ----

# Text files must not know where they were made or put.
function(check_text folder)
  file(GLOB_RECURSE files "${folder}/*.cmake" "${folder}/*.pc" "${folder}/*.h")
  foreach(file IN LISTS files)
    foreach(place IN ITEMS "${BUILD}" "${first}" "${WORK}/stage")
      file(READ "${file}" text)
      string(FIND "${text}" "${place}" at)
      if(NOT at EQUAL -1)
        message(FATAL_ERROR "${file} names ${place}")
      endif()
    endforeach()
  endforeach()
endfunction()

function(part_install)
  file(REMOVE_RECURSE "${WORK}")
  must(${CMAKE_COMMAND} --install ${BUILD} --prefix "${first}")
  file(RENAME "${first}" "${prefix}")
  check_text("${prefix}")
  # As packages are made: everything below DESTDIR, and for another prefix.
  must(${CMAKE_COMMAND} -E env "DESTDIR=${WORK}/stage"
    ${CMAKE_COMMAND} --install ${BUILD} --prefix /usr)
  foreach(file IN ITEMS include/yoke/yoke.h bin/yokec)
    if(NOT EXISTS "${WORK}/stage/usr/${file}")
      message(FATAL_ERROR "DESTDIR: ${file} is not there")
    endif()
  endforeach()
  file(GLOB other "${WORK}/stage/*")
  if(NOT other STREQUAL "${WORK}/stage/usr")
    message(FATAL_ERROR "DESTDIR: more than the prefix: ${other}")
  endif()
  check_text("${WORK}/stage")
endfunction()

function(part_cmake)
  new_folder(cmake)
  must(${CMAKE_COMMAND} -S ${SOURCE}/cmake -B ${WORK}/cmake "-DCMAKE_PREFIX_PATH=${prefix}"
    -DCMAKE_BUILD_TYPE=Release)
  must(${CMAKE_COMMAND} --build ${WORK}/cmake -j 2)
  must(${CMAKE_CTEST_COMMAND} --test-dir ${WORK}/cmake --output-on-failure --no-tests=error)
endfunction()

function(part_make)
  use_pkg_config()
  skip_without(make)
  new_folder(make)
  must(make -C ${WORK}/make -f ${SOURCE}/make/Makefile SRC=${SOURCE}/src -j 2)
  foreach(program IN ITEMS consumer precisions tasks)
    must(${WORK}/make/${program})
  endforeach()
  set(ENV{LD_LIBRARY_PATH})
  must(${WORK}/make/consumer_static)
  must(${WORK}/make/tasks_static)
endfunction()

function(part_meson)
  use_pkg_config()
  skip_without(meson)
  skip_without(ninja)
  new_folder(meson)
  # pkgconf puts a backslash before the blank of a variable as well; Meson does not expect it.
  file(CREATE_LINK "${prefix}" "${WORK}/prefix" SYMBOLIC)
  string(REPLACE "${prefix}" "${WORK}/prefix" pc_dir "${pc_dir}")
  set(ENV{PKG_CONFIG_PATH} "${pc_dir}")
  file(GLOB sources ${SOURCE}/src/*)
  file(COPY ${sources} ${SOURCE}/meson/meson.build DESTINATION ${WORK}/meson)
  must(meson setup ${WORK}/meson/build ${WORK}/meson)
  must(meson test -C ${WORK}/meson/build --print-errorlogs)
endfunction()

function(part_fortran)
  use_pkg_config()
  skip_without(make)
  skip_without(gfortran)
  new_folder(fortran)
  must(make -C ${WORK}/fortran -f ${SOURCE}/fortran/Makefile FC=gfortran SRC=${SOURCE}/src
    MAIN=${SOURCE}/fortran/main.f90)
  must(${WORK}/fortran/consumer)
endfunction()

# README.md, word for word.  A compiler takes no folder with a blank from the environment.
function(part_readme)
  skip_without(pkg-config)
  new_folder(readme)
  file(CREATE_LINK "${prefix}" "${WORK}/plain" SYMBOLIC)
  must(${CMAKE_COMMAND} -E chdir ${WORK}/readme
    sh ${SOURCE}/readme.sh ${SOURCE}/../../README.md ${WORK}/plain)
endfunction()

# The code of docs/tasks.md.
function(part_tasks)
  new_folder(tasks)
  must(${CMAKE_COMMAND} -E chdir ${WORK}/tasks
    sh ${SOURCE}/tasks.sh ${SOURCE}/../../docs/tasks.md ${prefix})
endfunction()

# The examples as projects of their own.
function(part_examples)
  foreach(example IN ITEMS saxpy price blur sleepers completed grid pipeline)
    new_folder(${example})
    must(${CMAKE_COMMAND} -S ${SOURCE}/../../examples/${example} -B ${WORK}/${example}
      "-DCMAKE_PREFIX_PATH=${prefix}" -DCMAKE_BUILD_TYPE=Release)
    must(${CMAKE_COMMAND} --build ${WORK}/${example} -j 2)
  endforeach()
  must(${WORK}/saxpy/saxpy 1000)
  must(${WORK}/price/price --help)
  must(${WORK}/blur/blur --help)
  foreach(example IN ITEMS sleepers completed grid pipeline)
    must(${WORK}/${example}/${example} --scale 0.05)
  endforeach()
endfunction()

cmake_language(CALL part_${PART})
