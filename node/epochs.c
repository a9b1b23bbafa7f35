#include "node/epochs.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct epochs_holder {
    pthread_mutex_t lock; /* guards now, for the length of a reference */
    struct epochs *now;
};

static void unref(struct epochs *e)
{
    if (!e || atomic_fetch_sub(&e->refs, 1) > 1)
        return;
    keyring_free(e->keyring);
    buf_drop(&e->chain);
    free(e);
}

enum sr_err epochs_new(struct keyring *keyring, const struct epoch_pubs *pub, size_t n, struct span chain,
                       struct epochs **ret)
{
    struct epochs *e = n >= 1 && n <= EPOCHS_MAX ? calloc(1, sizeof *e) : NULL;
    if (!e) {
        keyring_free(keyring);
        return SR_ENOMEM;
    }
    atomic_init(&e->refs, 1);
    e->keyring = keyring;
    e->n = n;
    for (size_t i = 0; i < n; i++)
        e->pub[i] = pub[i];
    wr_span(&e->chain, chain);
    if (!buf_ok(&e->chain)) {
        unref(e);
        return SR_ENOMEM;
    }
    *ret = e;
    return SR_OK;
}

const struct epoch_pubs *epochs_newest(const struct epochs *e)
{
    return &e->pub[e->n - 1];
}

void epochs_hold_drop(struct epochs_hold *h)
{
    unref(h->e);
    h->e = NULL;
}

struct epochs_hold epochs_hold_of(struct epochs *e)
{
    if (e)
        atomic_fetch_add(&e->refs, 1);
    return (struct epochs_hold){ e };
}

enum sr_err epochs_holder_new(struct epochs *first, struct epochs_holder **ret)
{
    struct epochs_holder *h = calloc(1, sizeof *h);
    if (!h) {
        unref(first);
        return SR_ENOMEM;
    }
    pthread_mutex_init(&h->lock, NULL);
    h->now = first;
    *ret = h;
    return SR_OK;
}

void epochs_holder_free(struct epochs_holder *h)
{
    if (!h)
        return;
    unref(h->now);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

struct epochs_hold epochs_holder_get(struct epochs_holder *h)
{
    if (!h)
        return (struct epochs_hold){ 0 };
    pthread_mutex_lock(&h->lock);
    struct epochs_hold hold = epochs_hold_of(h->now);
    pthread_mutex_unlock(&h->lock);
    return hold;
}

void epochs_holder_swap(struct epochs_holder *h, struct epochs *next)
{
    pthread_mutex_lock(&h->lock);
    struct epochs *old = h->now;
    h->now = next;
    pthread_mutex_unlock(&h->lock);
    unref(old);
}
