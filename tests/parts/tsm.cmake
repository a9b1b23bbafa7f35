# The kernel's report interface in user space, and the platform driven over it by e2e/tsm_platform.sh.
pkg_check_modules(fuse3 REQUIRED IMPORTED_TARGET fuse3)
add_executable(tsm_fs parts/tsm_fs.c)
target_link_libraries(tsm_fs sr_production sr_proto PkgConfig::fuse3)
add_executable(tsm_tool parts/tsm_tool.c)
target_link_libraries(tsm_tool sr_production sr_client)
