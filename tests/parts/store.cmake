# The tests of the store and of secrets' memory that use several threads also run under the thread sanitizer.
foreach(name test_store test_keystore test_arena)
    set_property(TEST unit/${name} APPEND PROPERTY LABELS threads)
    add_dependencies(thread_tests ${name})
endforeach()
