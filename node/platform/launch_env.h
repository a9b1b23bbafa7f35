#pragma once
/* launch_env.h - what a launched program inherits: specs/measurement.md, "What the program inherits". */
#include "crypto/err.h"

#include <stddef.h>
#include <sys/types.h>

enum { LAUNCH_ENV_MAX = 64, LAUNCH_FDS_MAX = 64 };

/* v is NULL at its end and borrows from what it was made of. fds: how many descriptors from 3 on are the
 * service manager's, and stay open. */
struct launch_env {
    char *v[LAUNCH_ENV_MAX + 1];
    size_t n, fds;
};

/* Pure. have: the launcher's own environment; more: the names of --env; self: our process id, which
 * LISTEN_PID must be. SR_EFORMAT R_CONFIG: a name of --env that steers a library, or is no name.
 * SR_ETOOBIG R_CONFIG: more than LAUNCH_ENV_MAX variables. */
enum sr_err launch_env(char *const have[], const char *const more[], size_t nmore, pid_t self,
                       struct launch_env *ret, struct sr_why *why);

/* NULL, or the first variable in it by which the dynamic linker may already have changed this very process.
 */
const char *launch_env_lost(char *const have[]);
