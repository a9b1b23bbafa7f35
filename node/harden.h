#pragma once
/* harden.h - what the process gives up before it holds anything secret. First call in main(), before any
 * thread: no_new_privs and Landlock bind only the calling thread and those made later. */
#include "crypto/err.h"

/* umask 077, no core dumps, not dumpable (no ptrace by the same user, no /proc/PID/mem), no new privileges,
 * libsodium's start, and one probe page that must lock in memory. Where it can't be locked (RLIMIT_MEMLOCK),
 * a production program refuses with R_CONFIG; an insecure one goes on. */
enum sr_err harden_process(struct sr_why *why);
