# Outside projects, against an installed copy.  (A sanitized library needs a program that is
# sanitized as well, which is no concern of theirs.)
if(YOKE_SANITIZE OR NOT TARGET yokec)
  return()
endif()
foreach(part IN ITEMS install cmake make meson fortran readme tasks examples)
  set(test test_consumer_${part})
  add_test(NAME ${test} COMMAND ${CMAKE_COMMAND} -DPART=${part} -DBUILD=${PROJECT_BINARY_DIR}
    -DSOURCE=${CMAKE_CURRENT_SOURCE_DIR}/consumer -DWORK=${PROJECT_BINARY_DIR}/consumer
    -P ${CMAKE_CURRENT_SOURCE_DIR}/consumer/run.cmake)
  set_tests_properties(${test} PROPERTIES TIMEOUT 300 FIXTURES_REQUIRED yoke_installed
    SKIP_REGULAR_EXPRESSION "SKIPPED ${part}:")
endforeach()
set_tests_properties(test_consumer_install PROPERTIES FIXTURES_REQUIRED ""
  FIXTURES_SETUP yoke_installed)
