#include "node/platform/late.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { STACK_SIZE = 512 << 10 };

struct late {
    pthread_mutex_t lock; /* guards all below, and each job's done and left */
    pthread_cond_t ended;
    unsigned refs; /* the owner, and each call under way */
    bool out;      /* a call was left and has not ended */
};

enum sr_err late_new(struct late **ret)
{
    struct late *l = calloc(1, sizeof *l);
    pthread_condattr_t clock;
    if (!l)
        return SR_ENOMEM;
    l->refs = 1;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->ended, &clock);
    pthread_condattr_destroy(&clock);
    *ret = l;
    return SR_OK;
}

/* Enters with the lock held, leaves without it. */
static void unref(struct late *l)
{
    bool last = --l->refs == 0;
    pthread_mutex_unlock(&l->lock);
    if (!last)
        return;
    pthread_mutex_destroy(&l->lock);
    pthread_cond_destroy(&l->ended);
    free(l);
}

void late_free(struct late *l)
{
    if (!l)
        return;
    pthread_mutex_lock(&l->lock);
    unref(l);
}

static void *run(void *arg)
{
    struct late_job *j = arg;
    struct late *l = j->at;
    j->run(j);
    pthread_mutex_lock(&l->lock);
    j->done = true;
    bool left = j->left;
    l->out = l->out && !left;
    pthread_cond_broadcast(&l->ended);
    unref(l);
    if (left)
        j->drop(j);
    return NULL;
}

static struct timespec in_ms(unsigned ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

static bool start(struct late_job *j)
{
    pthread_t thread;
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, STACK_SIZE);
    int rc = pthread_create(&thread, &attr, run, j);
    pthread_attr_destroy(&attr);
    return rc == 0;
}

/* With the lock held. */
static enum sr_err begin(struct late *l, struct late_job *j, struct sr_why *why)
{
    if (l->out)
        return sr_fail(why, SR_EIO, R_TSM, "an earlier call into the kernel has not come back");
    j->at = l;
    j->done = j->left = false;
    l->refs++;
    if (start(j))
        return SR_OK;
    l->refs--;
    return SR_ENOMEM;
}

enum sr_err late_run(struct late *l, struct late_job *take, unsigned ms, struct sr_why *why)
{
    struct timespec until = in_ms(ms);
    int rc = 0;
    pthread_mutex_lock(&l->lock);
    enum sr_err e = begin(l, take, why);
    if (e != SR_OK) {
        pthread_mutex_unlock(&l->lock);
        take->drop(take);
        return e;
    }
    while (!take->done && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&l->ended, &l->lock, &until);
    bool done = take->done;
    take->left = l->out = !done;
    pthread_mutex_unlock(&l->lock);
    return done ? SR_OK : sr_fail(why, SR_EIO, R_TSM, "no answer from the kernel for %u ms", ms);
}
