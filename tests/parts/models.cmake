# Every build of both models: the good ones pass, each without one defence fails as expected. Minutes.
find_program(spin spin)
add_test(NAME models/handshakes COMMAND ${PROJECT_SOURCE_DIR}/specs/models/run-models)
set_tests_properties(models/handshakes PROPERTIES LABELS slow TIMEOUT 1500 PROCESSORS 2)
# The good builds and one variant of each kind, for when the models change: seconds.
add_test(NAME models/subset COMMAND ${PROJECT_SOURCE_DIR}/specs/models/run-models NO_NONCE)
set_tests_properties(models/subset PROPERTIES LABELS slow TIMEOUT 300 PROCESSORS 2)
if(NOT spin)
    set_tests_properties(models/handshakes models/subset PROPERTIES DISABLED TRUE)
endif()
