#include "node/collateral_holder.h"

#include "node/collateral/folder.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { ROOTS_MAX = GENESIS_TYPES_MAX * GENESIS_ROOTS_MAX };

struct collateral_shared {
    atomic_uint holders;
    struct collateral *set;
};

struct root_list {
    struct sha256 v[ROOTS_MAX];
    size_t n;
};

struct collateral_holder {
    struct collateral_holder_options o;
    pthread_mutex_t make; /* one set at a time is made; guards roots */
    struct root_list roots;
    pthread_mutex_t swap; /* guards now, for the length of a reference */
    struct collateral_shared *now;
};

static void unref(struct collateral_shared *s)
{
    if (!s || atomic_fetch_sub(&s->holders, 1) != 1)
        return;
    collateral_free(s->set);
    free(s);
}

void collateral_hold_drop(struct collateral_hold *h)
{
    unref(h->s);
    h->s = NULL;
}

const struct collateral *collateral_held(const struct collateral_hold *h)
{
    return h->s ? h->s->set : NULL;
}

enum sr_err collateral_holder_new(const struct collateral_holder_options *o, struct collateral_holder **ret)
{
    struct collateral_holder *h = calloc(1, sizeof *h);
    if (!h)
        return SR_ENOMEM;
    h->o = *o;
    pthread_mutex_init(&h->make, NULL);
    pthread_mutex_init(&h->swap, NULL);
    *ret = h;
    return SR_OK;
}

void collateral_holder_free(struct collateral_holder *h)
{
    if (!h)
        return;
    unref(h->now);
    pthread_mutex_destroy(&h->make);
    pthread_mutex_destroy(&h->swap);
    free(h);
}

struct collateral_hold collateral_holder_get(struct collateral_holder *h)
{
    pthread_mutex_lock(&h->swap);
    struct collateral_hold one = { h->now };
    if (one.s)
        atomic_fetch_add(&one.s->holders, 1);
    pthread_mutex_unlock(&h->swap);
    return one;
}

/* Takes the set. */
static enum sr_err swap(struct collateral_holder *h, struct collateral *set)
{
    struct collateral_shared *s = calloc(1, sizeof *s);
    if (!s) {
        collateral_free(set);
        return SR_ENOMEM;
    }
    s->set = set;
    atomic_init(&s->holders, 1);
    pthread_mutex_lock(&h->swap);
    struct collateral_shared *old = h->now;
    h->now = s;
    pthread_mutex_unlock(&h->swap);
    unref(old);
    return SR_OK;
}

static void say(const struct collateral_holder *h, const struct collateral *set, size_t refused)
{
    struct logline l = log_start(h->o.log, LOG_INFO, "collateral");
    log_num(&l, "certificates", set->ncert);
    log_num(&l, "lists", set->ncrl);
    log_num(&l, "tcb-infos", set->ntcb);
    log_num(&l, "qe-identities", set->nqe);
    log_num(&l, "passed-over", set->unknown + refused);
    log_end(&l);
}

/* With h->make held. */
static enum sr_err make(struct collateral_holder *h, struct sr_why *why)
{
    SR_OWN(coll_folder) f = { 0 };
    struct collateral *set = NULL;
    const struct pins roots = { h->roots.v, h->roots.n };
    if (h->o.dir[0])
        SR_TRY(coll_folder_read(h->o.dir, &f, why));
    SR_TRY(coll_folder_set(&f, &roots, &set, why));
    if (h->o.dir[0])
        say(h, set, f.refused);
    return swap(h, set);
}

static enum sr_err make_empty(struct collateral_holder *h, struct sr_why *why)
{
    struct collateral *set = NULL;
    SR_TRY(collateral_make(NULL, 0, &(struct pins){ 0 }, &set, why));
    return swap(h, set);
}

static struct root_list list_of(const struct genesis_params *p)
{
    struct root_list l = { 0 };
    for (size_t i = 0; i < p->ntypes; i++)
        for (size_t k = 0; k < p->types[i].n; k++)
            l.v[l.n++] = p->types[i].root[k];
    return l;
}

/* Nobody waits at the doors of a node for a folder to be put right: refused evidence says what is missing. */
static enum sr_err trust(struct collateral_holder *h, const struct root_list *roots, struct sr_why *why)
{
    struct sr_why unread = { 0 };
    h->roots = *roots;
    enum sr_err e = make(h, &unread);
    if (e == SR_OK)
        return SR_OK;
    log_refusal(h->o.log, LOG_ERROR, "collateral-unreadable", e, &unread);
    return make_empty(h, why);
}

enum sr_err collateral_holder_trust(struct collateral_holder *h, const struct genesis_params *p,
                                    struct sr_why *why)
{
    const struct root_list roots = list_of(p);
    pthread_mutex_lock(&h->make);
    bool same = h->now && roots.n == h->roots.n && memcmp(roots.v, h->roots.v, sizeof roots.v) == 0;
    enum sr_err e = same ? SR_OK : trust(h, &roots, why);
    pthread_mutex_unlock(&h->make);
    return e;
}

enum sr_err collateral_holder_reload(struct collateral_holder *h, struct sr_why *why)
{
    pthread_mutex_lock(&h->make);
    enum sr_err e = h->now ? make(h, why) : SR_OK;
    pthread_mutex_unlock(&h->make);
    return e;
}
