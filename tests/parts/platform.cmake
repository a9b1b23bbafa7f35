# The platform on real TPMs, driven by e2e/platform.sh.
add_executable(platform_tool parts/platform_tool.c)
target_link_libraries(platform_tool sr_production sr_platform)
# Another program to launch: the same tool with other bytes in it.
add_executable(platform_tool_other parts/platform_tool.c)
target_compile_definitions(platform_tool_other PRIVATE OTHER_PROGRAM)
target_link_libraries(platform_tool_other sr_production sr_platform)
