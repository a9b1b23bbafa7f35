#include "node/rotation_parts.h"

#include "node/clock.h"
#include "proto/leaf.h"

#include <stdlib.h>
#include <string.h>

enum sr_err rotation_set(const struct epochs *now, const struct muster *m, struct keyring *keyring,
                         struct epochs **ret, struct sr_why *why)
{
    SR_OWN(buf) chain = { 0 };
    struct epoch_pubs pub[EPOCHS_MAX];
    memcpy(pub, now->pub, sizeof pub);
    enum sr_err e = epoch_chain_add(buf_span(&now->chain), buf_span(&m->link), &chain, why);
    if (e != SR_OK) {
        keyring_free(keyring);
        return e;
    }
    pub[now->n] = m->next;
    return epochs_new(keyring, pub, now->n + 1, buf_span(&chain), ret);
}

static enum sr_err unseal(struct rotation *r, const struct epochs *now, const struct next *n,
                          const struct epoch_pubs *last, struct keyring **ret, struct sr_why *why)
{
    struct home *h = &r->core->home;
    struct epoch_pubs pub[EPOCHS_MAX];
    if (now->n == EPOCHS_MAX)
        return SR_ETOOBIG;
    memcpy(pub, now->pub, sizeof pub);
    pub[now->n] = *last;
    const struct keyring_home home = { h->cid, h->genesis.params.salt, pub, now->n + 1 };
    struct keyring *k = NULL;
    SR_TRY(home_unseal(r->node->tpm, &n->sealed, &home, &k, why));
    enum sr_err e = home_spared(h, k, why);
    if (e == SR_OK)
        *ret = k;
    else
        keyring_free(k);
    return e;
}

/* What was drawn here and waits for operators. */
static enum sr_err resume_drawn(struct rotation *r, struct next *n, struct sr_why *why)
{
    SR_OWN(epochs_hold) now = epochs_holder_get(r->core->home.epochs);
    struct epoch_draw d;
    SR_TRY(epoch_draw_decode(buf_span(&n->draw), &d, why));
    if (d.pubs.epoch != now.e->n + 1)
        return sr_fail(why, SR_ESTALE, R_EPOCH, "a draw of an epoch that is over");
    SR_TRY(unseal(r, now.e, n, &d.pubs, &n->drawn, why));
    r->next = SR_TAKE(*n);
    return SR_OK;
}

static enum sr_err resume_held(struct rotation *r, struct next *n, struct sr_why *why)
{
    SR_OWN(epochs_hold) now = epochs_holder_get(r->core->home.epochs);
    SR_OWN(muster) m = { 0 };
    struct keyring *keyring = NULL;
    const struct home *h = &r->core->home;
    const struct approvers approvers = genesis_approvers(&h->genesis);
    const struct muster_of of = rotation_of(r, now.e, &approvers);
    SR_TRY(muster_begin(&of, buf_span(&n->link), buf_span(&n->recovery), &m, why));
    SR_TRY(unseal(r, now.e, n, &m.next, &keyring, why));
    SR_TRY(rotation_set(now.e, &m, keyring, &n->set, why));
    r->next = SR_TAKE(*n);
    SR_TRY(rotation_say_held(r, &m, why));
    return rotation_settle(r, why);
}

/* A pull that was cut short is done again. */
static enum sr_err resume(struct rotation *r, struct span stored, struct sr_why *why)
{
    SR_OWN(next) n = { 0 };
    SR_TRY(next_decode(stored, &n, why));
    if (n.link.n && n.cert.n)
        return resume_held(r, &n, why);
    return n.draw.n && !n.link.n ? resume_drawn(r, &n, why) : SR_OK;
}

static enum sr_err read_active(struct rotation *r, struct sr_why *why)
{
    enum sr_err e = home_get(&r->core->home, HOME_MEMBER_CERT, &r->cert, why);
    if (e != SR_OK && e != SR_ENOENT)
        return e;
    e = home_get(&r->core->home, SETTING_MUSTER, &r->active, why);
    return e == SR_ENOENT ? SR_OK : e;
}

enum sr_err rotation_open(struct node *n, struct core *c, struct rotation **ret, struct sr_why *why)
{
    SR_OWN(buf) stored = { 0 };
    struct sr_why left_out = { 0 };
    struct rotation *r = calloc(1, sizeof *r);
    if (!r)
        return SR_ENOMEM;
    r->node = n;
    r->core = c;
    pthread_mutex_init(&r->apply, NULL);
    pthread_mutex_init(&r->swap, NULL);
    enum sr_err e = read_active(r, why);
    if (e == SR_OK && keystore_clear_get(n->store, KC_EPOCH_NEXT, &stored) == SR_OK && stored.n > 0) {
        enum sr_err resumed = resume(r, buf_span(&stored), &left_out);
        if (resumed != SR_OK)
            log_refusal(&n->log, LOG_WARN, "epoch-left-out", resumed, &left_out);
    }
    rotation_show(r);
    if (e == SR_OK)
        *ret = r;
    else
        rotation_close(r);
    return e;
}

void rotation_close(struct rotation *r)
{
    if (!r)
        return;
    SR_OWN(epochs_hold) __attribute__((unused)) last = { r->pending };
    next_drop(&r->next);
    muster_drop(&r->muster);
    buf_drop(&r->active);
    buf_drop(&r->cert);
    pthread_mutex_destroy(&r->apply);
    pthread_mutex_destroy(&r->swap);
    free(r);
}

struct epochs_hold rotation_pending(struct rotation *r)
{
    pthread_mutex_lock(&r->swap);
    struct epochs_hold hold = epochs_hold_of(r->pending);
    pthread_mutex_unlock(&r->swap);
    return hold;
}

enum sr_err rotation_cert(struct rotation *r, struct buf *ret)
{
    pthread_mutex_lock(&r->swap);
    wr_span(ret, buf_span(&r->cert));
    pthread_mutex_unlock(&r->swap);
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err rotation_write(struct rotation *r, struct buf *ret)
{
    SR_OWN(buf) pending = { 0 };
    SR_OWN(epochs_hold) now = epochs_holder_get(r->core->home.epochs);
    enum sr_err e = SR_OK;
    wr_u64be(ret, now.e->n);
    pthread_mutex_lock(&r->swap);
    wr_lp(ret, buf_span(&r->active));
    if (r->pending)
        e = muster_encode(&r->muster, &pending);
    pthread_mutex_unlock(&r->swap);
    wr_lp(ret, buf_span(&pending));
    return e != SR_OK ? e : buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err rotation_members(struct rotation *r, struct buf *ret, struct sr_why *why)
{
    pthread_mutex_lock(&r->swap);
    bool there = r->pending != NULL;
    if (there)
        muster_certs(&r->muster, ret);
    pthread_mutex_unlock(&r->swap);
    return there ? SR_OK : sr_fail(why, SR_ENOENT, R_NOT_FOUND, "no epoch is pending here");
}

struct rotation_view rotation_view(struct rotation *r)
{
    pthread_mutex_lock(&r->swap);
    struct rotation_view v = r->view;
    pthread_mutex_unlock(&r->swap);
    return v;
}

/* The muster changes under apply alone, so it can be read without the other lock. */
void rotation_show(struct rotation *r)
{
    struct rotation_view v = { 0 };
    SR_OWN(epochs_hold) now = epochs_holder_get(r->core->home.epochs);
    if (r->pending) {
        struct rotation_tally t = rotation_count(r, &r->muster);
        v = (struct rotation_view){ ROTATION_PENDING, r->muster.next.epoch, t.held, t.need };
    } else if (r->next.drawn)
        v = (struct rotation_view){ .state = ROTATION_DRAWN, .epoch = now.e->n + 1 };
    pthread_mutex_lock(&r->swap);
    r->view = v;
    pthread_mutex_unlock(&r->swap);
}

struct muster_of rotation_of(const struct rotation *r, const struct epochs *now,
                             const struct approvers *approvers)
{
    return (struct muster_of){ &r->core->home.cid, epochs_newest(now), approvers,
                               r->pending ? &r->muster : NULL };
}

void rotation_log(struct rotation *r, const char *msg, uint64_t epoch)
{
    struct logline l = log_start(&r->node->log, LOG_INFO, msg);
    log_num(&l, "epoch", epoch);
    log_end(&l);
}
