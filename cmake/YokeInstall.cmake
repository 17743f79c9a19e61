# What `cmake --install` puts where, and how outside projects find it:
#   find_package(yoke) with targets yoke::yoke, yoke::static, yoke::yokec and the
#   function yoke_add_kernels; pkg-config --libs yoke.

include(CMakePackageConfigHelpers)
set(yoke_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/yoke)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/yoke DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(TARGET yoke)
  install(TARGETS yoke EXPORT yoke-targets)
endif()
install(TARGETS yoke_static EXPORT yoke-static-targets)
if(TARGET yokec)
  install(TARGETS yokec EXPORT yoke-targets)
endif()
foreach(tool yoke-topo yoke-bench)
  if(TARGET ${tool})
    file(RELATIVE_PATH up /p/${CMAKE_INSTALL_BINDIR} /p/${CMAKE_INSTALL_LIBDIR})
    set_target_properties(${tool} PROPERTIES INSTALL_RPATH "$ORIGIN/${up}")
    install(TARGETS ${tool})
  endif()
endforeach()
install(EXPORT yoke-targets NAMESPACE yoke:: DESTINATION ${yoke_cmake_dir})
install(EXPORT yoke-static-targets NAMESPACE yoke:: DESTINATION ${yoke_cmake_dir})

set(yoke_static_modules "hwloc")
if(YOKE_OPENCL)
  string(APPEND yoke_static_modules " OpenCL")
endif()
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/yoke-config.cmake.in
  ${PROJECT_BINARY_DIR}/yoke-config.cmake INSTALL_DESTINATION ${yoke_cmake_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/yoke-config-version.cmake
  COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_BINARY_DIR}/yoke-config.cmake
  ${PROJECT_BINARY_DIR}/yoke-config-version.cmake
  ${PROJECT_SOURCE_DIR}/cmake/YokeAddKernels.cmake DESTINATION ${yoke_cmake_dir})

set(yoke_pc_needs "hwloc")
if(YOKE_OPENCL)
  string(APPEND yoke_pc_needs ", OpenCL")
endif()
set(yoke_pc_private)
if(TARGET yoke)
  set(yoke_pc_private .private)     # the shared library has them in itself
endif()
file(RELATIVE_PATH yoke_pc_up /p/${CMAKE_INSTALL_LIBDIR}/pkgconfig /p)
string(REGEX REPLACE "/$" "" yoke_pc_up "${yoke_pc_up}")
configure_file(${PROJECT_SOURCE_DIR}/cmake/yoke.pc.in ${PROJECT_BINARY_DIR}/yoke.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/yoke.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
