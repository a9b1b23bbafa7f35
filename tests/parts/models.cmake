# Every build of both models: the good ones pass, each without one defence fails as expected. Minutes; when a
# model changes, `specs/models/run-models NO_NONCE` and the like check some rows in seconds.
find_program(spin spin)
add_test(NAME models/handshakes COMMAND ${PROJECT_SOURCE_DIR}/specs/models/run-models)
set_tests_properties(models/handshakes PROPERTIES LABELS slow TIMEOUT 1500 PROCESSORS 2 COST 1000)
if(NOT spin)
    set_tests_properties(models/handshakes PROPERTIES DISABLED TRUE)
endif()
