#pragma once
/* late.h - a deadline over calls into a kernel that has none. What poll() can wait for needs no such thing
 * (tpm_dial.h); a read of configfs or an ioctl that waits for firmware holds its thread for as long as it
 * likes. So it gets a thread of its own, and whoever waits leaves when it is time. A call that was left keeps
 * all that it works on, ends when the kernel lets it, and until then no other is begun: at most one thread is
 * lost. */
#include "crypto/err.h"

#include <stdbool.h>

struct late; /* the account of calls; shared with a call that was left */

/* The first member of what a call works on. */
struct late_job {
    void (*run)(struct late_job *j);  /* in a thread of its own */
    void (*drop)(struct late_job *j); /* frees it all; in whichever thread has it last */
    struct late *at;                  /* from here on late.c's own */
    bool done, left;
};

/* Nobody has called yet. SR_ENOMEM. */
enum sr_err late_new(struct late **ret);
void late_free(struct late *l); /* does not wait for a call that was left. NULL is fine */

/* SR_OK: it ran, and the job is the caller's again. Otherwise the job is gone: SR_EIO R_TSM, no end within ms
 * milliseconds, or an earlier call has not ended yet; SR_ENOMEM. */
enum sr_err late_run(struct late *l, struct late_job *take, unsigned ms, struct sr_why *why);
