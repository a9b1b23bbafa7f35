#include "node/destruction.h"

#include "node/core.h"
#include "node/node.h"
#include "node/rotation.h"
#include "node/secrets.h"

#include <pthread.h>
#include <stdlib.h>

struct destruction {
    pthread_mutex_t lock; /* guards view */
    struct destruction_view view;
    bool expunged; /* since the start, or the last destruction: a start may follow a kill in between */
};

enum sr_err destruction_new(struct destruction **ret)
{
    struct destruction *d = calloc(1, sizeof *d);
    if (!d)
        return SR_ENOMEM;
    pthread_mutex_init(&d->lock, NULL);
    d->view.before = 1;
    *ret = d;
    return SR_OK;
}

void destruction_free(struct destruction *d)
{
    if (!d)
        return;
    pthread_mutex_destroy(&d->lock);
    free(d);
}

void destruction_look(struct core *c, struct destruction_view *ret)
{
    pthread_mutex_lock(&c->destruction->lock);
    *ret = c->destruction->view;
    pthread_mutex_unlock(&c->destruction->lock);
}

static void show(struct destruction *d, const struct destruction_view *v)
{
    pthread_mutex_lock(&d->lock);
    d->view = *v;
    pthread_mutex_unlock(&d->lock);
}

static uint64_t oldest(const struct core *c)
{
    SR_OWN(epochs_hold) now = epochs_holder_get(c->home.epochs);
    return keyring_oldest(now.e->keyring);
}

/* A member behind destroys nothing but what it has a later one for. */
static enum sr_err count(struct core *c, struct destruction_view *v, struct sr_why *why)
{
    SR_OWN(epochs_hold) now = epochs_holder_get(c->home.epochs);
    SR_OWN(policy_hold) policy = policy_holder_get(c->policy);
    uint64_t wanted = policy_destroy_before(policy.p);
    v->before = wanted < now.e->n ? wanted : now.e->n;
    if (now.e->n > 1)
        SR_TRY(secrets_by_epoch(c->secrets, policy.p, v->packages, why));
    return keystore_rewrap(c->home.ks, 0, &v->rows);
}

static bool may_go(const struct destruction_view *v, uint64_t epoch)
{
    return epoch < v->before && v->rows == 0 && v->packages[epoch - 1] == 0;
}

/* What lies in the files of before is worth as much as what was destroyed. */
static enum sr_err expunge(struct node *n, struct core *c)
{
    struct destruction *d = c->destruction;
    if (d->expunged || oldest(c) == 1)
        return SR_OK;
    enum sr_err e = store_expunge(n->store);
    d->expunged = e == SR_OK;
    return e == SR_EBUSY ? SR_OK : e; /* the next round */
}

enum sr_err destruction_round(struct node *n, struct core *c, struct sr_why *why)
{
    struct destruction_view v = { 0 };
    SR_TRY(count(c, &v, why));
    enum sr_err e = SR_OK;
    while (e == SR_OK && may_go(&v, oldest(c))) {
        e = rotation_destroy(c->rotation, oldest(c), why);
        c->destruction->expunged = false;
    }
    v.waits = oldest(c) < v.before;
    show(c->destruction, &v);
    return e == SR_OK ? expunge(n, c) : e;
}
