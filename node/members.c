#include "node/members.h"

#include "node/clock.h"
#include "proto/policy.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Epochs by a chain that proves itself: more than this member has masters of. */
struct heard {
    size_t n;
    struct epoch_pubs pub[EPOCHS_MAX];
};

struct members {
    struct home *home;
    pthread_mutex_t lock; /* guards all below */
    struct heard *heard;  /* NULL: nothing yet */
    uint64_t changes;
    size_t n;
    struct member_cert v[MEMBERS_MAX];
};

static struct member_cert *find(struct members *m, const struct sign_pub *key)
{
    for (size_t i = 0; i < m->n; i++)
        if (memcmp(&m->v[i].key, key, sizeof *key) == 0)
            return &m->v[i];
    return NULL;
}

void members_learn(struct members *m, const struct member_cert *c)
{
    pthread_mutex_lock(&m->lock);
    struct member_cert *at = find(m, &c->key);
    if (!at && m->n < MEMBERS_MAX)
        at = &m->v[m->n++];
    if (at)
        *at = *c;
    m->changes++;
    pthread_mutex_unlock(&m->lock);
}

static bool heard_ca(struct members *m, uint64_t epoch, struct sign_pub *ret)
{
    pthread_mutex_lock(&m->lock);
    bool has = m->heard && epoch <= m->heard->n;
    if (has)
        *ret = m->heard->pub[epoch - 1].member_ca;
    pthread_mutex_unlock(&m->lock);
    return has;
}

static bool member_ca_of(struct members *m, uint64_t epoch, struct sign_pub *ret)
{
    SR_OWN(epochs_hold) now = epochs_holder_get(m->home->epochs);
    if (epoch < 1)
        return false;
    if (epoch > now.e->n)
        return heard_ca(m, epoch, ret);
    *ret = now.e->pub[epoch - 1].member_ca;
    return true;
}

static enum sr_err check(struct members *m, struct span cert, struct member_cert *ret, struct sr_why *why)
{
    uint64_t epoch = 0;
    struct sign_pub ca;
    SR_TRY(member_cert_epoch(cert, &epoch, why));
    if (!member_ca_of(m, epoch, &ca))
        return sr_fail(why, SR_EPROOF, R_MEMBER_CERT, "a certificate of an epoch we don't know");
    return member_cert_check(cert, &m->home->cid, epoch, &ca, ret, why);
}

/* Goes on from what is known, so that only later links are verified. */
static void known_epochs(struct members *m, struct heard *ret)
{
    SR_OWN(epochs_hold) now = epochs_holder_get(m->home->epochs);
    ret->n = now.e->n;
    memcpy(ret->pub, now.e->pub, now.e->n * sizeof *ret->pub);
    pthread_mutex_lock(&m->lock);
    if (m->heard && m->heard->n > ret->n)
        *ret = *m->heard;
    pthread_mutex_unlock(&m->lock);
}

enum sr_err members_hear(struct members *m, struct span chain, struct sr_why *why)
{
    const struct approvers approvers = genesis_approvers(&m->home->genesis);
    struct heard *next = calloc(1, sizeof *next);
    if (!next)
        return SR_ENOMEM;
    known_epochs(m, next);
    enum sr_err e = epoch_chain_follow(chain, &m->home->cid, &approvers, next->pub, &next->n, why);
    if (e == SR_OK) {
        pthread_mutex_lock(&m->lock);
        struct heard *old = m->heard;
        m->heard = next;
        next = old;
        pthread_mutex_unlock(&m->lock);
    }
    free(next);
    return e;
}

static enum sr_err load_one(void *ctx, const struct keystore_name *name, const struct keystore_item *item)
{
    struct members *m = ctx;
    struct member_cert c;
    (void)name;
    if (check(m, secret_span(&item->value), &c, NULL) ==
        SR_OK) /* of a retired epoch: not a member any more */
        members_learn(m, &c);
    return SR_OK;
}

enum sr_err members_open(struct home *home, struct members **ret, struct sr_why *why)
{
    struct members *m = calloc(1, sizeof *m);
    if (!m)
        return SR_ENOMEM;
    m->home = home;
    pthread_mutex_init(&m->lock, NULL);
    enum sr_err e = keystore_list(home->ks, KT_MEMBER, load_one, m, why);
    if (e == SR_OK)
        *ret = m;
    else
        members_close(m);
    return e;
}

void members_close(struct members *m)
{
    if (!m)
        return;
    pthread_mutex_destroy(&m->lock);
    free(m->heard);
    free(m);
}

enum sr_err members_room(struct members *m, const struct sign_pub *key, struct sr_why *why)
{
    pthread_mutex_lock(&m->lock);
    bool fits = m->n < MEMBERS_MAX || find(m, key);
    pthread_mutex_unlock(&m->lock);
    return fits ? SR_OK : sr_fail(why, SR_ETOOBIG, R_TOO_LARGE, "%d members already", MEMBERS_MAX);
}

/* The epoch goes before the time: who learnt an old master could date its certificates as it likes. */
static bool newer(const struct member_cert *a, const struct member_cert *b)
{
    return a->epoch != b->epoch ? a->epoch > b->epoch : a->issued_at > b->issued_at;
}

enum sr_err members_check(struct members *m, struct span cert, struct member_cert *ret, bool *ret_new,
                          struct sr_why *why)
{
    SR_TRY(check(m, cert, ret, why));
    SR_TRY(members_room(m, &ret->key, why));
    pthread_mutex_lock(&m->lock);
    const struct member_cert *have = find(m, &ret->key);
    *ret_new = !have || newer(ret, have);
    pthread_mutex_unlock(&m->lock);
    return SR_OK;
}

void members_put(struct keystore_txn *t, const struct member_cert *c, struct span cert)
{
    struct keystore_name n = { .table = KT_MEMBER, .name = SPAN(c->key.b) };
    keystore_txn_put(t, &n, c->epoch, clock_unix(), cert);
}

/* Whoever learnt a master that policy withdrew could invent members of its epoch, as many as there is room
 * for. */
static enum sr_err not_withdrawn(const struct policy *p, const struct member_cert *c, struct sr_why *why)
{
    return p && c->epoch >= policy_min_epoch(p)
               ? SR_OK
               : sr_fail(why, SR_EPROOF, R_MEMBER_CERT, "a certificate of an epoch that the policy withdrew");
}

enum sr_err members_take(struct members *m, const struct policy *p, struct span cert, bool *ret_new,
                         struct sr_why *why)
{
    SR_OWN(keystore_txn) txn = { 0 };
    struct member_cert c;
    enum sr_err result = SR_OK;
    struct keystore_txn *const txns[] = { &txn };
    SR_TRY(members_check(m, cert, &c, ret_new, why));
    SR_TRY(not_withdrawn(p, &c, why));
    if (!*ret_new)
        return SR_OK;
    members_put(&txn, &c, cert);
    SR_TRY(keystore_commit(m->home->ks, &(struct keystore_group){ txns, &result, 1, NULL, NULL }, NULL));
    SR_TRY(result);
    members_learn(m, &c);
    return SR_OK;
}

enum sr_err members_take_all(struct members *m, const struct policy *p, struct span list)
{
    struct reader r = rd_init(list);
    for (uint16_t left = rd_u16be(&r); left > 0 && !r.bad; left--) {
        struct span cert = rd_lp(&r, MEMBER_CERT_MAX);
        struct sr_why ignored = { 0 };
        bool is_new;
        if (!r.bad && members_take(m, p, cert, &is_new, &ignored) != SR_OK)
            continue; /* of an epoch that one of us does not know */
    }
    return rd_end(&r) ? SR_OK : SR_EFORMAT;
}

bool members_counts(const struct policy *p, const struct member_cert *c)
{
    return c->epoch >= policy_min_epoch(p) && !policy_expels_key(p, &c->key);
}

bool members_has_key(struct members *m, const struct sign_pub *key, const struct policy *p)
{
    pthread_mutex_lock(&m->lock);
    const struct member_cert *at = find(m, key);
    bool has = at && members_counts(p, at);
    pthread_mutex_unlock(&m->lock);
    return has;
}

size_t members_left_by(struct members *m, const struct policy *p)
{
    size_t n = 0;
    pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i < m->n; i++)
        n += !policy_expels_key(p, &m->v[i].key);
    pthread_mutex_unlock(&m->lock);
    return n;
}

uint64_t members_changes(struct members *m)
{
    pthread_mutex_lock(&m->lock);
    uint64_t n = m->changes;
    pthread_mutex_unlock(&m->lock);
    return n;
}

bool members_knows(struct members *m, const struct sign_pub *key)
{
    pthread_mutex_lock(&m->lock);
    bool known = find(m, key) != NULL;
    pthread_mutex_unlock(&m->lock);
    return known;
}

size_t members_count(struct members *m)
{
    pthread_mutex_lock(&m->lock);
    size_t n = m->n;
    pthread_mutex_unlock(&m->lock);
    return n;
}

enum sr_err members_at(struct members *m, size_t i, struct member_cert *ret)
{
    pthread_mutex_lock(&m->lock);
    bool there = i < m->n;
    if (there)
        *ret = m->v[i];
    pthread_mutex_unlock(&m->lock);
    return there ? SR_OK : SR_ENOENT;
}

struct gathering {
    struct buf list;
    uint16_t n;
};

static enum sr_err gather(void *ctx, const struct keystore_name *name, const struct keystore_item *item)
{
    struct gathering *g = ctx;
    (void)name;
    if (g->n == MEMBERS_MAX) /* two joins at a time found the last place */
        return SR_OK;
    g->n++;
    wr_lp(&g->list, secret_span(&item->value));
    return SR_OK;
}

enum sr_err members_write(struct members *m, struct buf *ret, struct sr_why *why)
{
    struct gathering g = { 0 };
    enum sr_err e = keystore_list(m->home->ks, KT_MEMBER, gather, &g, why);
    wr_u16be(ret, g.n);
    wr_span(ret, buf_span(&g.list));
    bool ok = buf_ok(&g.list) && buf_ok(ret);
    buf_drop(&g.list);
    return e != SR_OK ? e : ok ? SR_OK : SR_ENOMEM;
}
