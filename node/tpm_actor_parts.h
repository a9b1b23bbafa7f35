#pragma once
/* tpm_actor_parts.h - what the actor's thread and the calls on it share. Internal to node/tpm_actor*.c. */
#include "node/tpm_actor.h"

/* One call on its way. It is the actor's and the caller's both: whoever leaves last frees it, so a caller
 * whose deadline passed does not pull memory from under a platform that is still busy. */
struct job {
    enum sr_err (*run)(struct platform *, struct job *);
    struct job *next;
    bool done, abandoned;
    struct buf in[2], out;
    struct sha512 rd;
    struct sha256 digest;
    struct key key;
    enum sr_err err;
    struct sr_why why;
};

void tpm_job_free(struct job *j);
/* What a call's end says about the device. Refusals (a blob of another machine) say that it works. */
bool tpm_job_failed(enum sr_err e, const struct sr_why *why);

/* Runs a job in the actor's thread. SR_OK: it is done and the caller's to read and free. SR_EBUSY: it is the
 * actor's; the deadline passed, or the node stops. */
enum sr_err tpm_job_run(struct tpm_actor *a, struct job *j, struct sr_why *why);
