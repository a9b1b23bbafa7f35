#include "store/wait.h"

#include <time.h>

bool wait_init(struct wait *w, uint64_t rev)
{
    pthread_condattr_t a;
    w->rev = rev;
    pthread_condattr_init(&a);
    pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
    bool ok = pthread_mutex_init(&w->lock, NULL) == 0 && pthread_cond_init(&w->moved, &a) == 0;
    pthread_condattr_destroy(&a);
    return ok;
}

void wait_drop(struct wait *w)
{
    pthread_cond_destroy(&w->moved);
    pthread_mutex_destroy(&w->lock);
}

void wait_tell(struct wait *w, uint64_t rev)
{
    pthread_mutex_lock(&w->lock);
    if (rev > w->rev)
        w->rev = rev;
    pthread_cond_broadcast(&w->moved);
    pthread_mutex_unlock(&w->lock);
}

bool wait_for(struct wait *w, uint64_t rev, unsigned timeout_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&w->lock);
    int rc = 0;
    while (w->rev < rev && rc == 0)
        rc = pthread_cond_timedwait(&w->moved, &w->lock, &until);
    bool there = w->rev >= rev;
    pthread_mutex_unlock(&w->lock);
    return there;
}
