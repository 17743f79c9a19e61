# Tests of the compiler's back half: they are linked with kernels that yokec has just
# translated, and with base and the compiler themselves.
file(GLOB files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/unit/test_compilerback_*.c)
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME_WE)
  string(REPLACE test_compilerback_ "" kernels ${name})
  add_executable(${name} ${file} ${CMAKE_CURRENT_SOURCE_DIR}/support/no_launch.c)
  target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/support)
  target_compile_definitions(${name} PRIVATE YKI_TEST_HOOKS
    YOKE_SOURCE_DIR="${PROJECT_SOURCE_DIR}" YOKE_BINARY_DIR="${PROJECT_BINARY_DIR}"
    YOKEC="$<TARGET_FILE:yokec>")
  # What is compared bit for bit is computed as it is written.
  target_compile_options(${name} PRIVATE -ffp-contract=off)
  target_link_libraries(${name} PRIVATE yoke_compiler_hooked yoke_base_hooked yoke_flags
    PkgConfig::CMOCKA Threads::Threads m)
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/compiler/exec/${kernels}.cl)
    set(check)
    if(kernels STREQUAL "checked")
      set(check CHECK)
    endif()
    yoke_add_kernels(${name} ${check} ${CMAKE_CURRENT_SOURCE_DIR}/compiler/exec/${kernels}.cl)
  endif()
  add_dependencies(${name} yokec)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 120)
endforeach()

# yokec as a program, and its device sources in the compilers of real devices.
add_test(NAME test_compilerback_cli COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/compiler/cli.sh
  $<TARGET_FILE:yokec> ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/yokec-cli ${CMAKE_C_COMPILER})
# (Once is enough: what yokec writes is the same under sanitizers.)
if(NOT YOKE_SANITIZE)
  add_test(NAME test_compilerback_devices COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/compiler/devices.sh
    $<TARGET_FILE:yokec> ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/yokec-devices)
  set_tests_properties(test_compilerback_devices PROPERTIES TIMEOUT 300 SKIP_RETURN_CODE 77)
endif()
set_tests_properties(test_compilerback_cli PROPERTIES TIMEOUT 120)

# Random kernels: translated, compiled and compared with themselves read as C.
if(NOT YOKE_SANITIZE AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(random ${CMAKE_CURRENT_SOURCE_DIR}/support)
  add_executable(random_kernels ${random}/random_kernels.c ${random}/random_make.c
    ${random}/random_body.c)
  target_include_directories(random_kernels PRIVATE ${random})
  target_link_libraries(random_kernels PRIVATE yoke_flags yoke_compiler yoke_base
    Threads::Threads m)
  add_test(NAME test_compilerback_random COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/compiler/random.sh
    $<TARGET_FILE:yokec> $<TARGET_FILE:random_kernels> ${PROJECT_SOURCE_DIR}
    ${PROJECT_BINARY_DIR}/yokec-random ${CMAKE_C_COMPILER} ${CMOCKA_CFLAGS} ${CMOCKA_LDFLAGS})
  set_tests_properties(test_compilerback_random PROPERTIES TIMEOUT 120)
endif()
