/* Masters that another member sealed to us. */
#include "node/rotation_parts.h"

static void copy(struct buf *to, struct span s)
{
    buf_drop(to);
    wr_span(to, s);
}

/* The last link of a chain. */
static struct span last_link(const struct epochs *e)
{
    struct reader r = rd_init(buf_span(&e->chain));
    struct span link = { 0 };
    for (uint16_t n = rd_u16be(&r); n > 0; n--)
        link = rd_lp(&r, EPOCH_LINK_MAX);
    return link;
}

static enum sr_err keep_locked(struct rotation *r, struct epochs *set, struct sr_why *why)
{
    SR_OWN(keystore_txn) txn = { 0 };
    SR_OWN(epochs_hold) now = epochs_holder_get(r->core->home.epochs);
    SR_OWN(next) n = { .set = epochs_hold_of(set).e };
    if (set->n <= now.e->n)
        return sr_fail(why, SR_ESTALE, R_EPOCH, "masters of an epoch that we are at already");
    SR_TRY(home_spared(&r->core->home, set->keyring, why));
    SR_TRY(home_seal(r->node->tpm, &r->core->home.cid, set->keyring, &n.sealed, why));
    copy(&n.link, last_link(set));
    if (!buf_ok(&n.link))
        return SR_ENOMEM;
    rotation_forget(r); /* a pull of another link, or of a later epoch */
    next_drop(&r->next);
    r->next = SR_TAKE(n);
    return rotation_store(r, &txn, NULL);
}

enum sr_err rotation_keep(struct rotation *r, struct epochs *next, struct sr_why *why)
{
    SR_OWN(epochs_hold) __attribute__((unused)) taken = { next };
    pthread_mutex_lock(&r->apply);
    enum sr_err e = keep_locked(r, next, why);
    rotation_show(r);
    pthread_mutex_unlock(&r->apply);
    return e;
}

/* The muster that we pulled by must be about what we pulled. */
static enum sr_err hold_locked(struct rotation *r, struct span cert, struct span muster, struct sr_why *why)
{
    SR_OWN(epochs_hold) now = epochs_holder_get(r->core->home.epochs);
    SR_OWN(muster) m = { 0 };
    const struct approvers approvers = genesis_approvers(&r->core->home.genesis);
    const struct muster_of of = rotation_of(r, now.e, &approvers);
    struct next *n = &r->next;
    SR_TRY(muster_read(muster, &of, &m, why));
    if (!n->set || n->set->n != now.e->n + 1 || !span_eq(buf_span(&n->link), buf_span(&m.link)))
        return sr_fail(why, SR_ESTALE, R_EPOCH_FORK, "not the master that was pulled");
    copy(&n->recovery, buf_span(&m.recovery));
    copy(&n->cert, cert);
    if (!buf_ok(&n->recovery) || !buf_ok(&n->cert))
        return SR_ENOMEM;
    SR_TRY(rotation_say_held(r, &m, why));
    return rotation_settle(r, why);
}

enum sr_err rotation_hold(struct rotation *r, struct span cert, struct span muster, struct sr_why *why)
{
    pthread_mutex_lock(&r->apply);
    enum sr_err e = hold_locked(r, cert, muster, why);
    rotation_show(r);
    pthread_mutex_unlock(&r->apply);
    return e;
}

static enum sr_err jump_locked(struct rotation *r, struct span cert, struct sr_why *why)
{
    SR_OWN(epochs_hold) now = epochs_holder_get(r->core->home.epochs);
    if (!r->next.set || r->next.set->n <= now.e->n)
        return sr_fail(why, SR_ESTALE, R_EPOCH, "nothing later was pulled");
    copy(&r->next.cert, cert);
    return buf_ok(&r->next.cert) ? rotation_switch(r, (struct span){ 0 }, why) : SR_ENOMEM;
}

enum sr_err rotation_jump(struct rotation *r, struct span cert, struct sr_why *why)
{
    pthread_mutex_lock(&r->apply);
    enum sr_err e = jump_locked(r, cert, why);
    rotation_show(r);
    pthread_mutex_unlock(&r->apply);
    return e;
}
