#pragma once
/* measure.h - what the launcher measures, and the reference values of it for policies. specs/measurement.md.
 * Pure but for reading the files. */
#include "proto/evidence/event_log.h"

/* SHA-256 of a file from its start, by its descriptor, whose position moves. SR_EIO R_CONFIG. */
enum sr_err measure_file(int fd, struct sha256 *ret, struct sr_why *why);
/* The same by the file's path. */
enum sr_err measure_path(const char *path, struct sha256 *ret, struct sr_why *why);

/* One launch, as event_log_of(); config NULL: none. SR_ETOOBIG: more than EVENTS_MAX - 1 files. */
enum sr_err measure_events(const struct sha256 files[], size_t n, const struct sha256 *config,
                           struct event_log *ret, struct sr_why *why);

/* The claims "code" and "measurement" of evidence made by that launch. */
struct reference {
    struct sha256 code, measurement;
};
enum sr_err measure_reference(const char *const paths[], size_t n, const struct sha256 *config,
                              struct reference *ret, struct sr_why *why);
