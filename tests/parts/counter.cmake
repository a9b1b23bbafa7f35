# Counters on real TPMs, driven by e2e/counter.sh.
add_executable(counter_tool parts/counter_tool.c)
target_link_libraries(counter_tool sr_production sr_platform)
