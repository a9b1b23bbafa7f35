# The reference values of this build: what a policy that admits it names. Installed beside the documentation.
include(GNUInstallDirs)
set(reference ${PROJECT_BINARY_DIR}/reference-values.json)
add_custom_command(OUTPUT ${reference}
    COMMAND cmake/reference-values ${PROJECT_BINARY_DIR} ${PROJECT_VERSION} >${reference}.new
    COMMAND ${CMAKE_COMMAND} -E rename ${reference}.new ${reference}
    DEPENDS cmake/reference-values sealring sealringd WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
add_custom_target(reference_values ALL DEPENDS ${reference})
install(FILES ${reference} DESTINATION ${CMAKE_INSTALL_DOCDIR})
