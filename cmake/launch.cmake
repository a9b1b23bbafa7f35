# The launcher, in both modes: the labels that it measures under are the mode's.
include(GNUInstallDirs)
add_executable(sealring-launch node/platform/main.c)
target_link_libraries(sealring-launch sr_production sr_platform)
add_executable(sealring-launch-insecure node/platform/main.c)
target_link_libraries(sealring-launch-insecure sr_insecure sr_platform)
install(TARGETS sealring-launch RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
