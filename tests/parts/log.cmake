# The journal has a thread of its own and is called from many: it runs under the thread sanitizer too.
set_tests_properties(unit/test_journal PROPERTIES LABELS "quick;threads" TIMEOUT 300)
add_dependencies(thread_tests test_journal)
