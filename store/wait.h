#pragma once
/* wait.h - how watchers wait for a revision: one for each open store. */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct wait {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    uint64_t rev;
};

/* Revision rev is there already. false: no resources. */
bool wait_init(struct wait *w, uint64_t rev);
void wait_drop(struct wait *w);
void wait_tell(struct wait *w, uint64_t rev); /* revisions only grow */
/* True once the revision is at least this; false after the time-out (on the monotonic clock). */
bool wait_for(struct wait *w, uint64_t rev, unsigned timeout_ms);
