# A modified node for e2e/recovery_ceremony.sh: it asks recovery holders although it sees that no policy admits it.
set(eager ${CMAKE_CURRENT_BINARY_DIR}/eager/bootstrap/recovery.c)
add_custom_command(OUTPUT ${eager}
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/teeth/apply.sh ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/parts/eager.patch
            ${CMAKE_CURRENT_BINARY_DIR}/eager
    DEPENDS parts/eager.patch ${PROJECT_SOURCE_DIR}/bootstrap/recovery.c teeth/apply.sh)
add_executable(sealring-bootstrap-eager ${PROJECT_SOURCE_DIR}/bootstrap/main.c ${eager})
target_link_libraries(sealring-bootstrap-eager sr_production sr_bootstrap sr_node)
