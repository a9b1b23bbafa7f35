# libsealring: the workload's library. One header (client/sealring.h), one shared object that exports nothing else.
include(GNUInstallDirs)
add_library(sealring_shared SHARED client/libsealring.c client/libsealring_keep.c)
target_link_libraries(sealring_shared PRIVATE sr_production sr_client)
set_target_properties(sealring_shared PROPERTIES OUTPUT_NAME sealring VERSION ${PROJECT_VERSION} SOVERSION 0
    LINK_DEPENDS ${PROJECT_SOURCE_DIR}/client/libsealring.map)
target_link_options(sealring_shared PRIVATE -Wl,--version-script=${PROJECT_SOURCE_DIR}/client/libsealring.map)
# Relative to where the file lies: a prefix given to `cmake --install`, or a DESTDIR, needs no second configuration.
file(RELATIVE_PATH sr_pc_to_prefix /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
string(REGEX REPLACE "/$" "" sr_pc_to_prefix "${sr_pc_to_prefix}")
configure_file(client/sealring.pc.in ${PROJECT_BINARY_DIR}/sealring.pc @ONLY)
install(TARGETS sealring_shared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES client/sealring.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${PROJECT_BINARY_DIR}/sealring.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
