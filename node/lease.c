#include "node/lease.h"

#include "node/clock.h"
#include "node/core.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct word {
    struct sign_pub voucher;
    uint64_t asked_ms;
};
struct words {
    size_t n;
    struct word v[MEMBERS_MAX];
};

/* What a look depends on: nothing else has to be asked again for each request. */
struct ground {
    uint64_t policy, words, members; /* its number; how many were taken, and learnt */
};

struct lease {
    pthread_mutex_t lock; /* guards all below */
    struct words words;
    uint64_t taken;
    struct ground seen; /* of the look below */
    struct lease_state look;
};

enum sr_err lease_new(struct lease **ret)
{
    struct lease *l = calloc(1, sizeof *l);
    if (!l)
        return SR_ENOMEM;
    pthread_mutex_init(&l->lock, NULL);
    *ret = l;
    return SR_OK;
}

void lease_free(struct lease *l)
{
    if (!l)
        return;
    pthread_mutex_destroy(&l->lock);
    free(l);
}

/* That voucher's own place, a free one, or the oldest. */
static struct word *place_of(struct words *w, const struct sign_pub *voucher)
{
    size_t oldest = 0;
    for (size_t i = 0; i < w->n; i++) {
        if (memcmp(&w->v[i].voucher, voucher, sizeof *voucher) == 0)
            return &w->v[i];
        if (w->v[i].asked_ms < w->v[oldest].asked_ms)
            oldest = i;
    }
    return &w->v[w->n < MEMBERS_MAX ? w->n++ : oldest];
}

void lease_take(struct lease *l, const struct sign_pub *voucher, uint64_t asked_ms)
{
    pthread_mutex_lock(&l->lock);
    *place_of(&l->words, voucher) = (struct word){ *voucher, asked_ms };
    l->taken++;
    pthread_mutex_unlock(&l->lock);
}

static int youngest_first(const void *a, const void *b)
{
    const struct word *x = a, *y = b;
    return (x->asked_ms < y->asked_ms) - (x->asked_ms > y->asked_ms);
}

/* Leaves the words of members that count, the youngest first. */
static void only_members(const struct core *c, const struct policy *p, struct words *w)
{
    size_t n = 0;
    for (size_t i = 0; i < w->n; i++)
        if (members_has_key(c->members, &w->v[i].voucher, p) &&
            memcmp(&w->v[i].voucher, &c->home.member_pub, sizeof w->v[i].voucher) != 0)
            w->v[n++] = w->v[i];
    w->n = n;
    qsort(w->v, n, sizeof *w->v, youngest_first);
}

static size_t quorum(const struct core *c, const struct policy *p)
{
    uint64_t said = policy_lease_quorum(p);
    return said ? (size_t)said : members_left_by(c->members, p) / 2; /* with us more than half */
}

/* The lease ends with the word that is the last to make up the quorum. */
static struct lease_state judge(const struct core *c, const struct policy *p, struct words *w)
{
    struct lease_state s = { .asked = true, .needed = quorum(c, p) };
    only_members(c, p, w);
    s.have = w->n;
    if (s.needed == 0)
        s.end_ms = UINT64_MAX;
    else if (w->n >= s.needed)
        s.end_ms = w->v[s.needed - 1].asked_ms + 1000 * policy_member_lease(p);
    return s;
}

static struct lease_state look_anew(const struct core *c, const struct policy *p, const struct ground *g)
{
    struct lease *l = c->lease;
    struct words *w = malloc(sizeof *w);
    if (!w)
        return (struct lease_state){ .asked = true, .needed = 1 };
    pthread_mutex_lock(&l->lock);
    *w = l->words;
    pthread_mutex_unlock(&l->lock);
    struct lease_state s = judge(c, p, w);
    free(w);
    pthread_mutex_lock(&l->lock);
    l->look = s;
    l->seen = *g;
    pthread_mutex_unlock(&l->lock);
    return s;
}

static bool same(const struct ground *a, const struct ground *b)
{
    return a->policy == b->policy && a->words == b->words && a->members == b->members;
}

struct lease_state lease_look(const struct core *c, const struct policy *p)
{
    struct lease *l = c->lease;
    if (!policy_member_lease(p))
        return (struct lease_state){ .end_ms = UINT64_MAX };
    struct ground g = { policy_number(p), 0, members_changes(c->members) };
    pthread_mutex_lock(&l->lock);
    g.words = l->taken;
    bool known = same(&g, &l->seen);
    struct lease_state s = l->look;
    pthread_mutex_unlock(&l->lock);
    return known ? s : look_anew(c, p, &g);
}

bool lease_holds(const struct lease_state *s)
{
    return clock_boot_ms() < s->end_ms;
}
