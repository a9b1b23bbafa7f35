# The `sealring` command, and its twin for insecure networks.
include(GNUInstallDirs)
add_executable(sealring client/main.c)
target_link_libraries(sealring sr_production sr_client)
add_executable(sealring-insecure client/main.c)
target_link_libraries(sealring-insecure sr_insecure sr_client)
install(TARGETS sealring RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
