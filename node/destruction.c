#include "node/destruction.h"

#include "node/clock.h"
#include "node/core.h"
#include "node/node.h"
#include "node/rotation.h"
#include "node/secrets.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT_AGAIN_MS = 60 * 1000 };

/* What a count of packages, which reads them all, was made under. */
struct counted {
    uint64_t policy, at_ms;
    size_t epochs;
};

struct destruction {
    pthread_mutex_t lock; /* guards view, which one thread writes */
    struct destruction_view view;
    struct counted counted;
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

/* Whoever waits for a destruction looks each time; who only shows the numbers, now and then. */
static bool is_fresh(const struct destruction *d, const struct counted *now)
{
    return !d->view.waits && d->counted.policy == now->policy && d->counted.epochs == now->epochs &&
           now->at_ms - d->counted.at_ms < COUNT_AGAIN_MS;
}

static enum sr_err count_packages(struct core *c, const struct policy *p, size_t epochs,
                                  struct destruction_view *v, struct sr_why *why)
{
    struct destruction *d = c->destruction;
    const struct counted now = { policy_number(p), clock_boot_ms(), epochs };
    if (epochs < 2)
        return SR_OK;
    if (is_fresh(d, &now)) {
        memcpy(v->packages, d->view.packages, sizeof v->packages);
        return SR_OK;
    }
    SR_TRY(secrets_by_epoch(c->secrets, p, v->packages, why));
    d->counted = now;
    return SR_OK;
}

/* A member behind destroys nothing but what it has a later one for. */
static enum sr_err count(struct core *c, struct destruction_view *v, struct sr_why *why)
{
    SR_OWN(epochs_hold) now = epochs_holder_get(c->home.epochs);
    SR_OWN(policy_hold) policy = policy_holder_get(c->policy);
    uint64_t wanted = policy_destroy_before(policy.p);
    v->before = wanted < now.e->n ? wanted : now.e->n;
    SR_TRY(count_packages(c, policy.p, now.e->n, v, why));
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
