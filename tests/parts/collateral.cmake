# What a PCCS and a KDS would serve, for e2e/collateral.
add_executable(collateral_world parts/collateral_world.c)
target_link_libraries(collateral_world sr_production sr_client sr_bootstrap sr_node)
