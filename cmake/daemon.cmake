# The daemon: one executable, so that the first member and all others have one code digest; its two names are
# links. Its insecure twin is another program and never installed.
include(GNUInstallDirs)
function(sr_daemon name mode)
    add_executable(${name} bootstrap/main.c)
    target_link_libraries(${name} ${mode} sr_bootstrap sr_node)
    foreach(alias ${ARGN})
        add_custom_command(TARGET ${name} POST_BUILD
            COMMAND ${CMAKE_COMMAND} -E create_symlink ${name} ${CMAKE_BINARY_DIR}/${alias})
    endforeach()
endfunction()
sr_daemon(sealringd sr_production sealring-bootstrap sealring-node)
sr_daemon(sealringd-insecure sr_insecure sealring-bootstrap-insecure sealring-node-insecure)

install(TARGETS sealringd RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
foreach(alias sealring-bootstrap sealring-node)
    install(CODE "execute_process(COMMAND ${CMAKE_COMMAND} -E create_symlink sealringd
        \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_SBINDIR}/${alias})")
endforeach()
