# What e2e/launch.sh would have loaded into the programs: a shared object that leaves a mark where it lies.
add_library(hostile_module MODULE parts/hostile_module.c)
set_target_properties(hostile_module PROPERTIES PREFIX "")
