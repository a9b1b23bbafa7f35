#pragma once
/* notify.h - tells systemd (sd_notify(3)) how we are, when it asked to be told. */

/* state: "READY=1", "STOPPING=1". Does nothing without NOTIFY_SOCKET. */
void notify_systemd(const char *state);
