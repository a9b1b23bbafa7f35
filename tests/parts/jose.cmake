# Replies and tokens against another implementation of JOSE, where there is one.
find_program(python3 python3 REQUIRED)
add_executable(jose_tool ${CMAKE_CURRENT_LIST_DIR}/jose_tool.c)
target_link_libraries(jose_tool sr_production sr_proto)
add_test(NAME parts/jose_interop COMMAND ${python3} ${CMAKE_CURRENT_LIST_DIR}/jose_interop.py $<TARGET_FILE:jose_tool>)
set_tests_properties(parts/jose_interop PROPERTIES LABELS slow SKIP_RETURN_CODE 77)
