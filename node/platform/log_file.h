#pragma once
/* log_file.h - the event log on disk: written by the launcher, read by all. Public; its worth comes from the
 * PCR that it leads to. */
#include "proto/evidence/event_log.h"

/* SR_ENOENT: no such file. SR_EFORMAT R_EVENT_LOG: malformed, a symbolic link, or over EVENT_LOG_MAX. */
enum sr_err log_file_read(const char *path, struct buf *ret, struct sr_why *why);
/* Atomic and durable, mode 0644. SR_EIO R_CONFIG. */
enum sr_err log_file_write(const char *path, const struct event_log *l, struct sr_why *why);
