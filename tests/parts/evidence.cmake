# Every single bit of made-up quotes and reports: too slow for the inner loop.
add_test(NAME bits/dcap COMMAND test_dcap)
set_tests_properties(bits/dcap PROPERTIES LABELS slow TIMEOUT 600 ENVIRONMENT SEALRING_ALL_BITS=1)
