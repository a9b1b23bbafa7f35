/* libsealring_keep.c - keys that are fetched again before their leases end, by the library's own calls. */
#include "client/boot_clock.h"
#include "client/sealring.h"
#include "crypto/secret.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LOOK_MS = 1000, RETRY_MS_MOST = 30000 };

struct sealring_kept {
    struct sealring *s;
    sealring_renewed *on_renewed;
    void *ctx;
    char **wants; /* the thread's own, with n */
    size_t n;
    uint64_t due_ms; /* the thread's: when to ask next, CLOCK_BOOTTIME; UINT64_MAX: never */
    pthread_t thread;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t wake;
    bool stop;
    struct sealring_keys *keys;
};

/* ---- when */

/* Milliseconds of the shortest lease that is left; 0: one is over; UINT64_MAX: none has an end. */
static uint64_t shortest(const struct sealring_kept *k)
{
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < k->n; i++) {
        uint32_t left = 0;
        if (sealring_keys_lease(k->keys, k->wants[i], &left) != SEALRING_OK)
            return 0;
        if (left != UINT32_MAX && 1000 * (uint64_t)left < least)
            least = 1000 * (uint64_t)left;
    }
    return least;
}

/* Two thirds of it, less or more by up to a tenth. */
static uint64_t next_after(uint64_t lease_ms)
{
    uint16_t r = 0;
    random_fill(&r, sizeof r);
    return lease_ms == UINT64_MAX ? UINT64_MAX
                                  : lease_ms / 3 * 2 - lease_ms / 10 + lease_ms / 5 * r / UINT16_MAX;
}

static uint64_t retry_after(uint64_t left_ms)
{
    uint64_t ms = left_ms / 6;
    return ms < LOOK_MS ? LOOK_MS : ms > RETRY_MS_MOST ? RETRY_MS_MOST : ms;
}

/* ---- the thread */

static uint64_t from_now(uint64_t ms)
{
    return ms == UINT64_MAX ? ms : boot_clock_ms() + ms;
}

static void renew(struct sealring_kept *k)
{
    struct sealring_keys *fresh = NULL, *old = NULL;
    struct sealring_error why = { 0 };
    enum sealring_status got = sealring_fetch(k->s, (const char *const *)k->wants, k->n, &fresh, &why);
    pthread_mutex_lock(&k->lock);
    if (got == SEALRING_OK) {
        old = k->keys;
        k->keys = fresh;
    }
    uint64_t left = shortest(k); /* what is over is wiped here */
    pthread_mutex_unlock(&k->lock);
    k->due_ms = from_now(got == SEALRING_OK ? next_after(left) : retry_after(left));
    sealring_keys_free(old);
    if (k->on_renewed)
        k->on_renewed(k->ctx, got, &why);
}

/* Looks at the clock each second: the one that goes on in a machine's sleep is none that can be waited on. */
static bool wait_a_moment(struct sealring_kept *k)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += LOOK_MS / 1000;
    pthread_mutex_lock(&k->lock);
    if (!k->stop)
        (void)pthread_cond_timedwait(&k->wake, &k->lock, &until);
    bool stop = k->stop;
    (void)shortest(k);
    pthread_mutex_unlock(&k->lock);
    return stop;
}

static void *run(void *arg)
{
    struct sealring_kept *k = arg;
    while (!wait_a_moment(k))
        if (boot_clock_ms() >= k->due_ms)
            renew(k);
    return NULL;
}

/* ---- what callers see */

static bool copy_wants(struct sealring_kept *k, const char *const wants[], size_t n)
{
    k->wants = calloc(n, sizeof *k->wants);
    for (size_t i = 0; k->wants && i < n; i++, k->n++)
        if (!(k->wants[i] = strdup(wants[i])))
            return false;
    return k->wants != NULL;
}

static struct sealring_kept *kept_new(struct sealring *s, const char *const wants[], size_t n)
{
    pthread_condattr_t clock;
    struct sealring_kept *k = calloc(1, sizeof *k);
    if (!k)
        return NULL;
    k->s = s;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_mutex_init(&k->lock, NULL);
    pthread_cond_init(&k->wake, &clock);
    pthread_condattr_destroy(&clock);
    if (copy_wants(k, wants, n))
        return k;
    sealring_kept_free(k);
    return NULL;
}

enum sealring_status sealring_keep(struct sealring *s, const char *const wants[], size_t n,
                                   sealring_renewed *on_renewed, void *ctx, struct sealring_kept **ret,
                                   struct sealring_error *why)
{
    struct sealring_keys *keys = NULL;
    enum sealring_status got = sealring_fetch(s, wants, n, &keys, why);
    if (got != SEALRING_OK)
        return got;
    struct sealring_kept *k = kept_new(s, wants, n);
    if (!k) {
        sealring_keys_free(keys);
        return SEALRING_INTERNAL;
    }
    k->on_renewed = on_renewed;
    k->ctx = ctx;
    k->keys = keys;
    k->due_ms = from_now(next_after(shortest(k)));
    if (pthread_create(&k->thread, NULL, run, k)) {
        k->thread = 0;
        sealring_kept_free(k);
        return SEALRING_INTERNAL;
    }
    *ret = k;
    return SEALRING_OK;
}

enum sealring_status sealring_kept_get(struct sealring_kept *k, const char *want, uint8_t *ret, size_t size,
                                       size_t *ret_size)
{
    struct sealring_key key;
    pthread_mutex_lock(&k->lock);
    enum sealring_status found = sealring_keys_find(k->keys, want, &key);
    if (found == SEALRING_OK && key.value_size > size)
        found = SEALRING_USAGE;
    if (found == SEALRING_OK) {
        memcpy(ret, key.value, key.value_size);
        *ret_size = key.value_size;
    }
    pthread_mutex_unlock(&k->lock);
    return found;
}

void sealring_kept_free(struct sealring_kept *k)
{
    if (!k)
        return;
    pthread_mutex_lock(&k->lock);
    k->stop = true;
    pthread_cond_broadcast(&k->wake);
    pthread_mutex_unlock(&k->lock);
    if (k->thread)
        pthread_join(k->thread, NULL);
    sealring_keys_free(k->keys);
    for (size_t i = 0; i < k->n; i++)
        free(k->wants[i]);
    free(k->wants);
    pthread_cond_destroy(&k->wake);
    pthread_mutex_destroy(&k->lock);
    free(k);
}
