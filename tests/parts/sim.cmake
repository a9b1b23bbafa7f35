# The simulator: whole nodes in one process, with what they ask of the world (threads, clocks, randomness, network, disk)
# replaced at link time. sim/main.c says how it is called.
if(SR_SANITIZE) # its threads are coroutines, of which the sanitizers know nothing
    return()
endif()
file(GLOB sim_sources CONFIGURE_DEPENDS sim/*.c)
add_library(sim_rows OBJECT ${sim_sources})
target_link_libraries(sim_rows PUBLIC sr_client sr_bootstrap sr_node)
set(sim_wraps)
foreach(name pthread_create pthread_join pthread_detach sched_yield
             pthread_mutex_init pthread_mutex_destroy pthread_mutex_lock pthread_mutex_trylock pthread_mutex_unlock
             pthread_cond_init pthread_cond_destroy pthread_cond_wait pthread_cond_timedwait
             pthread_cond_signal pthread_cond_broadcast
             pthread_rwlock_init pthread_rwlock_destroy pthread_rwlock_rdlock pthread_rwlock_wrlock pthread_rwlock_unlock
             sem_init sem_destroy sem_wait sem_post
             clock_gettime time nanosleep kill fsync write nonce_set_new crypto_sign_verify_detached)
    list(APPEND sim_wraps -Wl,--wrap=${name})
endforeach()
function(sim_program name)
    add_executable(${name} $<TARGET_OBJECTS:sim_rows> ${ARGN})
    target_link_options(${name} PRIVATE ${sim_wraps})
    target_link_libraries(${name} sr_insecure sr_client sr_bootstrap sr_node)
endfunction()
sim_program(sim)

add_test(NAME sim/500 COMMAND sim --seeds 1..500 --known ${CMAKE_CURRENT_SOURCE_DIR}/sim/known.list)
add_test(NAME sim/same COMMAND sim --same 1..10)
add_test(NAME sim/replay COMMAND sim --replay ${CMAKE_CURRENT_SOURCE_DIR}/sim/replay.list)
add_test(NAME sim/edges COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/sim/edges.sh $<TARGET_FILE:sim>)
set_tests_properties(sim/500 PROPERTIES LABELS slow TIMEOUT 1500 COST 100)
set_tests_properties(sim/same sim/replay sim/edges PROPERTIES LABELS quick TIMEOUT 300)

# With a fault planted: sim/teeth.PATCH finds it. A patch is one of teeth/, or of sim/teeth/ when no attack needs it.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS sim/teeth.list)
file(STRINGS sim/teeth.list sim_teeth REGEX "^[a-z]")
if(NOT SR_TEETH)
    set(sim_teeth "")
endif()
foreach(line ${sim_teeth})
    string(REGEX MATCH "^([a-z_]+) +([a-z_]+) +([0-9]+\\.\\.[0-9]+)" ignored "${line}")
    set(id ${CMAKE_MATCH_1})
    set(invariant ${CMAKE_MATCH_2})
    set(seeds ${CMAKE_MATCH_3})
    set(patch ${CMAKE_CURRENT_SOURCE_DIR}/teeth/${id}.patch)
    if(NOT EXISTS ${patch})
        set(patch ${CMAKE_CURRENT_SOURCE_DIR}/sim/teeth/${id}.patch)
    endif()
    file(STRINGS ${patch} files REGEX "^\\+\\+\\+ b/")
    set(patched)
    set(from)
    foreach(file ${files})
        string(REGEX REPLACE "^\\+\\+\\+ b/([^\t ]+).*$" "\\1" file "${file}")
        list(APPEND patched ${CMAKE_CURRENT_BINARY_DIR}/sim_teeth/${id}/${file})
        list(APPEND from ${PROJECT_SOURCE_DIR}/${file})
    endforeach()
    add_custom_command(OUTPUT ${patched}
        COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/teeth/apply.sh ${PROJECT_SOURCE_DIR} ${patch}
                ${CMAKE_CURRENT_BINARY_DIR}/sim_teeth/${id}
        DEPENDS ${patch} ${from} ${CMAKE_CURRENT_SOURCE_DIR}/teeth/apply.sh
        COMMENT "sim: without ${id}")
    sim_program(sim_${id} ${patched})
    target_compile_options(sim_${id} PRIVATE -Wno-unused -Wno-unused-parameter)
    add_test(NAME sim/teeth.${id} COMMAND sim_${id} --seeds ${seeds} --expect ${invariant})
    set_tests_properties(sim/teeth.${id} PROPERTIES LABELS slow TIMEOUT 600)
endforeach()
