# Installs the build under test into an empty folder, and builds and runs outside projects
# against it.  Variables: BUILD (the build), SOURCE (tests/consumer), WORK (scratch).
function(must)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE out ERROR_VARIABLE out)
  message("${out}")
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "failed (${result}): ${ARGN}")
  endif()
endfunction()

file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK}/make)
must(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)

# With CMake.  Moved first: nothing installed may depend on where it was put.
file(RENAME ${WORK}/prefix ${WORK}/moved)
must(${CMAKE_COMMAND} -S ${SOURCE}/cmake -B ${WORK}/cmake -DCMAKE_PREFIX_PATH=${WORK}/moved
  -DCMAKE_BUILD_TYPE=Release)
must(${CMAKE_COMMAND} --build ${WORK}/cmake)
must(${WORK}/cmake/consumer)
if(EXISTS ${WORK}/cmake/consumer_static)
  must(${WORK}/cmake/consumer_static)
endif()

# With Make and pkg-config.
file(GLOB_RECURSE pc ${WORK}/moved/*/yoke.pc)
get_filename_component(pc_dir ${pc} DIRECTORY)
get_filename_component(lib_dir ${pc_dir} DIRECTORY)
set(ENV{PKG_CONFIG_PATH} ${pc_dir})
set(ENV{LD_LIBRARY_PATH} ${lib_dir})
must(${CMAKE_COMMAND} -E chdir ${WORK}/make
  make -f ${SOURCE}/make/Makefile SRC=${SOURCE}/cmake)
must(${WORK}/make/consumer)
