# The HTTP front: a small server for tests/e2e/door.sh, and the same clients, fewer of them, for the sanitizers.
add_executable(door_server parts/door_server.c)
target_link_libraries(door_server sr_production sr_node)
add_test(NAME threads/door COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/parts/door_clients.py $<TARGET_FILE:door_server> short
         WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
set_tests_properties(threads/door PROPERTIES LABELS threads TIMEOUT 600)
add_dependencies(thread_tests door_server)
