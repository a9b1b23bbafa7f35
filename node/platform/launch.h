#pragma once
/* launch.h - measures a program and what goes with it, then becomes it. specs/measurement.md, "Launcher". */
#include "proto/evidence/event_log.h"

/* What is to be done, from what the log says and what PCR 14 holds. Pure.
 * have: the log on disk, of whatever age; NULL: there is none. start: the value that firmware leaves in PCR
 * 14, zero where it leaves none. The plan is the log as it will be, of which the first `done` events are in
 * the PCR already.
 *   R_EVENT_LOG  the log does not lead to the PCR, and the PCR is not start: only a restart of the machine
 * helps R_TOO_LARGE  no room is left in the log */
struct launch_plan {
    struct event_log log;
    size_t done;
};
enum sr_err launch_plan(const struct event_log *have, const struct sha256 *start, const struct sha256 *pcr,
                        const struct event_log *want, struct launch_plan *ret, struct sr_why *why);

enum { LAUNCH_WITH_MAX = EVENTS_MAX - 2, LAUNCH_MORE_MAX = 32 };
/* What is executed: a sealed copy of the program, the very bytes that were hashed; or the file itself, for
 * kernels that want to see it (IMA appraisal, security modules that go by paths). */
enum launch_where { LAUNCH_COPY, LAUNCH_IN_PLACE };
struct launch_options {
    const char *tcti, *event_log;
    bool has_config;
    struct sha256 config, start;
    const char *with[LAUNCH_WITH_MAX];
    size_t nwith;
    const char *more[LAUNCH_MORE_MAX]; /* names of --env */
    size_t nmore;
    enum launch_where where;
    const char *program;
};
/* Opens, copies, hashes, writes the log, extends, closes the TPM. *ret_fd is the descriptor that was hashed,
 * closed on exec; the caller's. SR_ENOENT R_CONFIG: the program or a file is not there, or no program. */
enum sr_err launch_measure(const struct launch_options *o, int *ret_fd, struct sr_why *why);
