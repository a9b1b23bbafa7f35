# Units, and the script that has a daemon measured before it runs.
include(GNUInstallDirs)
install(FILES systemd/sealring-node.service systemd/sealring-bootstrap.service DESTINATION lib/systemd/system)
install(FILES systemd/sealring.sysusers DESTINATION lib/sysusers.d RENAME sealring.conf)
install(PROGRAMS systemd/start DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/sealring)
