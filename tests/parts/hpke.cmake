# HPKE against another implementation, where there is one.
find_program(python3 python3 REQUIRED)
add_executable(hpke_tool ${CMAKE_CURRENT_LIST_DIR}/hpke_tool.c)
target_link_libraries(hpke_tool sr_production sr_crypto)
add_test(NAME parts/hpke_interop COMMAND ${python3} ${CMAKE_CURRENT_LIST_DIR}/hpke_interop.py $<TARGET_FILE:hpke_tool>)
set_tests_properties(parts/hpke_interop PROPERTIES LABELS slow SKIP_RETURN_CODE 77)
