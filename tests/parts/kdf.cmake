# The rows of unit/test_kdf.c are those that their script writes.
add_test(NAME lint/kdf_rows COMMAND python3 tests/vectors-src/kdf.py --check WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
set_tests_properties(lint/kdf_rows PROPERTIES LABELS quick)
