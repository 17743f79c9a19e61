# What documents the tools and the library: man pages and shell completions, which are
# installed, and yoke-docs, a target that makes HTML of the public headers with Doxygen.

if(YOKE_TOOLS)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  set(completions ${PROJECT_SOURCE_DIR}/tools/completions)
  install(DIRECTORY ${completions}/bash/
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(DIRECTORY ${completions}/zsh/ DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
  install(DIRECTORY ${completions}/fish/
    DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()

find_program(YOKE_DOXYGEN doxygen)
mark_as_advanced(YOKE_DOXYGEN)
if(YOKE_DOXYGEN)
  configure_file(${PROJECT_SOURCE_DIR}/docs/Doxyfile.in ${PROJECT_BINARY_DIR}/Doxyfile @ONLY)
  add_custom_target(yoke-docs
    COMMAND ${YOKE_DOXYGEN} ${PROJECT_BINARY_DIR}/Doxyfile
    COMMENT "Public headers as HTML: ${PROJECT_BINARY_DIR}/docs/html/index.html" VERBATIM)
endif()
