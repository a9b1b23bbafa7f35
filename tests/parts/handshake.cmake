# One nonce, many threads: exactly one gets it.
add_executable(race_nonce parts/race_nonce.c)
target_link_libraries(race_nonce sr_production sr_proto Threads::Threads)
add_test(NAME threads/race_nonce COMMAND race_nonce)
set_tests_properties(threads/race_nonce PROPERTIES LABELS "quick;threads" TIMEOUT 300)
add_dependencies(thread_tests race_nonce)

# Makes the fuzz corpora, and prints a whole recorded join and release for the independent computation of it.
add_executable(handshake_corpus EXCLUDE_FROM_ALL parts/handshake_corpus.c)
target_link_libraries(handshake_corpus sr_production sr_proto)
