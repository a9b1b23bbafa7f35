#include "node/harden.h"

#include "crypto/mode.h"
#include "crypto/secret.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { PROBE = 64 << 10 }; /* bytes that must lock: more than masters and session keys ever take */

/* sodium_malloc succeeds even where locking failed; so ask the kernel itself, once. */
static bool memory_locks(void)
{
    void *p = mmap(NULL, PROBE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return false;
    bool ok = mlock(p, PROBE) == 0;
    munmap(p, PROBE);
    return ok;
}

enum sr_err harden_process(struct sr_why *why)
{
    const struct rlimit none = { 0, 0 };
    umask(077);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a write over a limit fails like one on a full disk */
    if (setrlimit(RLIMIT_CORE, &none) || prctl(PR_SET_DUMPABLE, 0) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return sr_fail(why, SR_EIO, R_CONFIG, "cannot harden the process: %s", strerror(errno));
    if (secret_init() != SR_OK)
        return sr_fail(why, SR_EBUG, R_INTERNAL, "libsodium does not start");
    if (!memory_locks() && strcmp(sr_mode.name, "production") == 0)
        return sr_fail(why, SR_EIO, R_CONFIG,
                       "memory cannot be locked: raise LimitMEMLOCK (ulimit -l) to 8 MiB or more");
    return SR_OK;
}
