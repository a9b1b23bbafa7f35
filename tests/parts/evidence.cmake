# Every single bit of made-up quotes and reports: too slow for the inner loop.
foreach(kind dcap snp)
    add_test(NAME bits/${kind} COMMAND test_${kind})
    set_tests_properties(bits/${kind} PROPERTIES LABELS slow TIMEOUT 900 ENVIRONMENT SEALRING_ALL_BITS=1)
endforeach()

# Every check, reason and refusal of the verifiers is reached by the made-up worlds, and is what specs/ say.
add_test(NAME parts/evidence_reach
         COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/parts/evidence_reach.py ${PROJECT_SOURCE_DIR} $<TARGET_FILE:test_snp>
                 $<TARGET_FILE:test_dcap>)
set_tests_properties(parts/evidence_reach PROPERTIES LABELS slow TIMEOUT 300)

# Structured changes of made-up evidence, signed again: COUNT and SEED. 5,000 here; evidence_mutations 200000 2 takes a while.
add_executable(evidence_mutations parts/evidence_mutations.c)
target_link_libraries(evidence_mutations sr_production sr_proto)
add_test(NAME parts/evidence_mutations COMMAND evidence_mutations 5000 1)
set_tests_properties(parts/evidence_mutations PROPERTIES LABELS slow TIMEOUT 300)

# The command from outside, on made-up worlds.
add_executable(evidence_world parts/evidence_world.c)
target_link_libraries(evidence_world sr_production sr_proto)
add_test(NAME parts/verify_evidence
         COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/parts/verify_evidence.py $<TARGET_FILE:sealring> $<TARGET_FILE:evidence_world>
                 ${PROJECT_SOURCE_DIR})
set_tests_properties(parts/verify_evidence PROPERTIES LABELS slow TIMEOUT 300)

# Captured evidence, which is not part of the tree.
add_executable(evidence_tool parts/evidence_tool.c)
target_link_libraries(evidence_tool sr_production sr_client sr_bootstrap sr_node)
add_test(NAME vectors/evidence
         COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/parts/evidence_vectors.py $<TARGET_FILE:sealring> $<TARGET_FILE:evidence_tool>
         WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
set_tests_properties(vectors/evidence PROPERTIES LABELS slow TIMEOUT 900 SKIP_RETURN_CODE 77)

add_executable(evidence_corpus EXCLUDE_FROM_ALL parts/evidence_corpus.c)
target_link_libraries(evidence_corpus sr_production sr_proto)

# Against other implementations, where parts/differential_setup.sh has put them. 60 mutants each; a number is the last argument.
add_test(NAME parts/evidence_differential
         COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/parts/evidence_differential.py $<TARGET_FILE:evidence_tool>
                 $<TARGET_FILE:evidence_world> ${PROJECT_SOURCE_DIR}/build/differential 60
         WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
set_tests_properties(parts/evidence_differential PROPERTIES LABELS slow TIMEOUT 600 SKIP_RETURN_CODE 77)
