# What e2e/secrets.sh searches for.
add_executable(state_secrets parts/state_secrets.c)
target_link_libraries(state_secrets sr_insecure sr_node)
