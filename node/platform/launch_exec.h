#pragma once
/* launch_exec.h - the step from launcher to program: the copy that is hashed and executed, and the state of
 * the process that it starts with. specs/measurement.md, "Launcher". */
#include "node/platform/launch_env.h"

/* Opens an executable: an ELF file, regular, that we may execute. SR_ENOENT R_CONFIG with the cause. The
 * caller closes. */
enum sr_err launch_exec_open(const char *path, int *ret_fd, struct sr_why *why);

/* A copy in memory that nobody can write to any more, us included; `path` only names it. Closed on exec;
 * the caller closes. SR_EIO R_CONFIG. */
enum sr_err launch_exec_copy(int fd, const char *path, int *ret_fd, struct sr_why *why);

/* Descriptors 0 to 2 exist. First thing in main(). SR_EIO. */
enum sr_err launch_exec_stdio(void);

/* Signals, umask, personality and descriptors as the specification says, then the program. Returns only when
 * that failed: SR_EIO R_CONFIG. */
enum sr_err launch_exec(int fd, char *const argv[], const struct launch_env *env, struct sr_why *why);
