# The kernel's report interface in user space, and the platform driven over it by e2e/tsm_platform.sh.
pkg_check_modules(fuse3 REQUIRED IMPORTED_TARGET fuse3)
add_executable(tsm_fs parts/tsm_fs.c)
target_link_libraries(tsm_fs sr_production sr_proto PkgConfig::fuse3)
add_executable(tsm_tool parts/tsm_tool.c)
target_link_libraries(tsm_tool sr_production sr_client)
# A workload with evidence over another challenge, for e2e/tsm_network.sh.
add_executable(tsm_release parts/tsm_release.c)
target_link_libraries(tsm_release sr_production sr_client)

# Captured evidence before a member's own appraiser and policy; the evidence is not part of the tree.
add_executable(evidence_replay parts/evidence_replay.c)
target_link_libraries(evidence_replay sr_production sr_client sr_bootstrap sr_node)
add_test(NAME vectors/replay
         COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/parts/evidence_replay.py $<TARGET_FILE:evidence_replay>
         WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
set_tests_properties(vectors/replay PROPERTIES LABELS slow TIMEOUT 300 SKIP_RETURN_CODE 77)
