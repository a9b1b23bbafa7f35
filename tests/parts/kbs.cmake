# Evidence of real kinds through the KBS protocol over HTTP, at a member whose clock stands where the test wants it.
add_executable(kbs_replay parts/kbs_replay.c)
target_link_libraries(kbs_replay sr_production sr_client sr_bootstrap sr_node)
target_link_options(kbs_replay PRIVATE LINKER:--wrap=clock_unix,--wrap=kbs_digests)
add_test(NAME vectors/kbs_replay
         COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/parts/kbs_replay.py $<TARGET_FILE:kbs_replay>
         WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
set_tests_properties(vectors/kbs_replay PROPERTIES LABELS slow TIMEOUT 300 SKIP_RETURN_CODE 77)
