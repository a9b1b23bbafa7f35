# The policy evaluator, canonical JSON and patterns against second ones written in Python from the specification.
add_executable(policy_oracle ${CMAKE_CURRENT_SOURCE_DIR}/property/policy_oracle.c)
target_link_libraries(policy_oracle sr_production sr_client sr_bootstrap sr_node)
add_test(NAME property/policy
         COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/property/policy.py $<TARGET_FILE:policy_oracle>)
set_tests_properties(property/policy PROPERTIES LABELS quick TIMEOUT 300)
