/* edge_threads.c - threads, locks and conditions as the node's objects see them: the linker's --wrap sends
 * their calls here. A lock is a word, a condition is an address; a fiber waits on it. Only the objects of
 * this program are wrapped; the libraries below, which share nothing between machines, keep the real ones. */
#include "tests/sim/fiber.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include <time.h>

#define AS(type, p) ((struct type *)(void *)(p))

struct lock {
    const void *owner; /* NULL: free */
    unsigned waiting;
};
struct rwlock {
    const void *writer;
    unsigned readers;
};
struct semaphore {
    unsigned value;
};
_Static_assert(sizeof(struct semaphore) <= sizeof(sem_t), "fits");
_Static_assert(sizeof(struct lock) <= sizeof(pthread_mutex_t), "fits");
_Static_assert(sizeof(struct rwlock) <= sizeof(pthread_rwlock_t), "fits");

static const char outside = 0; /* who holds a lock before the simulation starts */

static const void *me(void)
{
    return fiber_self() ? fiber_self() : &outside;
}

int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*run)(void *), void *arg)
{
    (void)a;
    struct fiber *f = fiber_start(fiber_host(), run, arg);
    memcpy(t, &f, sizeof f);
    return 0;
}

int __wrap_pthread_join(pthread_t t, void **ret)
{
    struct fiber *f;
    memcpy(&f, &t, sizeof f);
    void *result = fiber_join(f);
    if (ret)
        *ret = result;
    return 0;
}

int __wrap_pthread_detach(pthread_t t)
{
    (void)t;
    return 0;
}

int __wrap_sched_yield(void)
{
    fiber_yield();
    return 0;
}

int __wrap_pthread_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *a)
{
    (void)a;
    memset(m, 0, sizeof *m);
    return 0;
}

int __wrap_pthread_mutex_destroy(pthread_mutex_t *m)
{
    (void)m;
    return 0;
}

int __wrap_pthread_mutex_lock(pthread_mutex_t *m)
{
    struct lock *l = AS(lock, m);
    fiber_preempt();
    while (l->owner) {
        l->waiting++;
        (void)fiber_wait(l, FOREVER);
        l->waiting--;
    }
    l->owner = me();
    return 0;
}

int __wrap_pthread_mutex_trylock(pthread_mutex_t *m)
{
    struct lock *l = AS(lock, m);
    if (l->owner)
        return EBUSY;
    l->owner = me();
    return 0;
}

int __wrap_pthread_mutex_unlock(pthread_mutex_t *m)
{
    struct lock *l = AS(lock, m);
    l->owner = NULL;
    if (l->waiting)
        fiber_wake(l, false);
    return 0;
}

int __wrap_pthread_cond_init(pthread_cond_t *c, const pthread_condattr_t *a)
{
    (void)c, (void)a;
    return 0;
}

int __wrap_pthread_cond_destroy(pthread_cond_t *c)
{
    (void)c;
    return 0;
}

int __wrap_pthread_cond_wait(pthread_cond_t *c, pthread_mutex_t *m)
{
    (void)__wrap_pthread_mutex_unlock(m);
    (void)fiber_wait(c, FOREVER);
    return __wrap_pthread_mutex_lock(m);
}

int __wrap_clock_gettime(clockid_t which, struct timespec *ret);

/* Every condition of the node waits by CLOCK_MONOTONIC. */
int __wrap_pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *until)
{
    struct timespec now;
    (void)__wrap_clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t us = (until->tv_sec - now.tv_sec) * 1000000 + (until->tv_nsec - now.tv_nsec) / 1000;
    (void)__wrap_pthread_mutex_unlock(m);
    enum fiber_woken w = fiber_wait(c, fiber_now() + (us > 0 ? (uint64_t)us : 0));
    (void)__wrap_pthread_mutex_lock(m);
    return w == WOKEN_BY_TIME ? ETIMEDOUT : 0;
}

int __wrap_pthread_cond_signal(pthread_cond_t *c)
{
    fiber_wake(c, false);
    return 0;
}

int __wrap_pthread_cond_broadcast(pthread_cond_t *c)
{
    fiber_wake(c, true);
    return 0;
}

int __wrap_pthread_rwlock_init(pthread_rwlock_t *r, const pthread_rwlockattr_t *a)
{
    (void)a;
    memset(r, 0, sizeof *r);
    return 0;
}

int __wrap_pthread_rwlock_destroy(pthread_rwlock_t *r)
{
    (void)r;
    return 0;
}

int __wrap_pthread_rwlock_rdlock(pthread_rwlock_t *r)
{
    struct rwlock *l = AS(rwlock, r);
    fiber_preempt();
    while (l->writer)
        (void)fiber_wait(l, FOREVER);
    l->readers++;
    return 0;
}

int __wrap_pthread_rwlock_wrlock(pthread_rwlock_t *r)
{
    struct rwlock *l = AS(rwlock, r);
    fiber_preempt();
    while (l->writer || l->readers)
        (void)fiber_wait(l, FOREVER);
    l->writer = me();
    return 0;
}

int __wrap_pthread_rwlock_unlock(pthread_rwlock_t *r)
{
    struct rwlock *l = AS(rwlock, r);
    if (l->writer)
        l->writer = NULL;
    else
        l->readers--;
    if (!l->writer && !l->readers)
        fiber_wake(l, true);
    return 0;
}

int __wrap_sem_init(sem_t *s, int shared, unsigned value)
{
    (void)shared;
    *AS(semaphore, s) = (struct semaphore){ value };
    return 0;
}

int __wrap_sem_destroy(sem_t *s)
{
    (void)s;
    return 0;
}

int __wrap_sem_wait(sem_t *s)
{
    struct semaphore *l = AS(semaphore, s);
    fiber_preempt();
    while (l->value == 0)
        (void)fiber_wait(l, FOREVER);
    l->value--;
    return 0;
}

int __wrap_sem_post(sem_t *s)
{
    AS(semaphore, s)->value++;
    fiber_wake(s, false);
    return 0;
}
