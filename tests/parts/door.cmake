# The HTTP front: a small server for tests/e2e/door.sh.
add_executable(door_server parts/door_server.c)
target_link_libraries(door_server sr_production sr_node)
