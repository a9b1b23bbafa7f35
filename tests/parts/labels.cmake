# Every label has a frozen row: in the full run, so that work on a new label is not in the way of the quick one.
find_program(python3 python3 REQUIRED)
add_test(NAME lint/labels_frozen COMMAND ${python3} tests/vectors-src/labels.py --check
         WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
set_tests_properties(lint/labels_frozen PROPERTIES LABELS slow)
