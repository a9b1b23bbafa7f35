# Manual pages: those of the commands are written from what the programs say of themselves.
include(GNUInstallDirs)
set(man_dir ${PROJECT_BINARY_DIR}/man)
file(GLOB man_sources CONFIGURE_DEPENDS man/*)
add_custom_command(OUTPUT ${man_dir}/sealring.1 COMMAND man/write ${PROJECT_BINARY_DIR} ${man_dir}
    DEPENDS ${man_sources} sealring sealringd WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} VERBATIM)
add_custom_target(man ALL DEPENDS ${man_dir}/sealring.1)
foreach(section 1 5 8)
    install(DIRECTORY ${man_dir}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section}
            FILES_MATCHING PATTERN "*.${section}")
endforeach()
