# The store's tests that use several threads also run under the thread sanitizer.
foreach(name test_store test_keystore)
    set_property(TEST unit/${name} APPEND PROPERTY LABELS threads)
endforeach()
