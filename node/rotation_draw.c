/* The member that draws: a master of the kernel's generator, its evidence for the operators, and the link
 * once k of them approve. */
#include "node/rotation_parts.h"

#include "node/appraise.h"
#include "node/clock.h"
#include "node/level.h"
#include "node/recovery_key.h"
#include "proto/leaf.h"

#include <string.h>

enum sr_err rotation_store(struct rotation *r, struct keystore_txn *txn, const struct leaf *leaf)
{
    SR_OWN(buf) b = { 0 };
    SR_OWN(buf) l = { 0 };
    enum sr_err result = SR_OK;
    struct keystore_txn *const txns[] = { txn };
    if (r->next.sealed.blob.n) { /* where nothing is sealed it stays in memory */
        SR_TRY(next_encode(&r->next, &b));
        keystore_txn_clear(txn, KC_EPOCH_NEXT, buf_span(&b));
    }
    if (leaf) {
        SR_TRY(leaf_encode(leaf, &l));
        return journal_submit(r->core->journal, &(struct journal_entry){ txn, buf_span(&l) }, NULL);
    }
    if (!txn->ops.n)
        return SR_OK;
    SR_TRY(keystore_commit(r->core->home.ks, &(struct keystore_group){ txns, &result, 1, NULL, NULL }, NULL));
    return result;
}

/* Holders of the record get the new master too: sealed to the recovery key that the genesis evidence vouches
 * for, and to no other. */
static enum sr_err seal_for_recovery(struct rotation *r, const struct keyring *k, struct buf *ret,
                                     struct sr_why *why)
{
    struct core *c = r->core;
    struct kem_pub to;
    struct recovery_sealed sealed;
    if (!c->home.genesis.params.recovery.n)
        return SR_OK;
    SR_TRY(recovery_key_get(r->node, c, &to, why));
    SR_TRY(keyring_seal_recovery(k, keyring_newest(k), &c->home.cid, &to, &sealed));
    recovery_sealed_write(&sealed, ret);
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

static enum sr_err quote(struct rotation *r, const struct epochs *now, const struct sha512 *rd,
                         struct buf *ret, struct sr_why *why)
{
    SR_OWN(buf) cert = { 0 };
    SR_OWN(tpm_slot) slot = { 0 };
    SR_OWN(policy_hold) policy = policy_holder_get(r->core->policy);
    const struct core_look at = { now, policy.p };
    SR_TRY(core_ak_cert(r->node, r->core, &at, &cert, why));
    SR_TRY(tpm_slot_take(r->node->tpm, &slot, why));
    return tpm_actor_quote(&slot, rd, buf_span(&cert), ret, why);
}

/* The draw of the drawn keyring, with our evidence. */
static enum sr_err describe(struct rotation *r, const struct epochs *now, struct next *n, struct sr_why *why)
{
    SR_OWN(buf) recovery = { 0 };
    SR_OWN(buf) evidence = { 0 };
    SR_OWN(policy_hold) policy = policy_holder_get(r->core->policy);
    struct sha512 rd;
    SR_TRY(seal_for_recovery(r, n->drawn, &recovery, why));
    struct epoch_draw d = { .cid = r->core->home.cid,
                            .pubs = *keyring_pubs(n->drawn, now->n + 1),
                            .created = clock_unix(),
                            .recovery = buf_span(&recovery),
                            .rollback = level_attested(r->node->config, r->core, policy.p),
                            .type = span_of(tpm_actor_type(r->node->tpm)) };
    SR_TRY(epoch_draw_rd(&d, &rd));
    SR_TRY(quote(r, now, &rd, &evidence, why));
    d.evidence = buf_span(&evidence);
    return epoch_draw_encode(&d, &n->draw);
}

static enum sr_err draw(struct rotation *r, struct sr_why *why)
{
    SR_OWN(keystore_txn) txn = { 0 };
    SR_OWN(epochs_hold) now = epochs_holder_get(r->core->home.epochs);
    struct next *n = &r->next;
    if (now.e->n == EPOCHS_MAX)
        return sr_fail(why, SR_ETOOBIG, R_EPOCH_CHAIN, "the chain of epochs is full");
    SR_TRY(keyring_draw(now.e->keyring, r->core->home.genesis.params.salt, &n->drawn));
    SR_TRY(describe(r, now.e, n, why));
    SR_TRY(home_seal(r->node->tpm, &r->core->home.cid, n->drawn, &n->sealed, why));
    struct leaf l = { .type = LEAF_EPOCH_DRAWN,
                      .time = clock_unix(),
                      .epoch = now.e->n + 1,
                      .commit = keyring_pubs(n->drawn, now.e->n + 1)->commit };
    appraise_leaf(now.e->keyring, &r->node->self, &l);
    SR_TRY(rotation_store(r, &txn, &l));
    rotation_log(r, "epoch-drawn", now.e->n + 1);
    return SR_OK;
}

static enum sr_err must_be_free(struct rotation *r, struct sr_why *why)
{
    return r->next.set ? sr_fail(why, SR_ESTALE, R_EPOCH_FORK, "the next epoch has its link already") : SR_OK;
}

static enum sr_err draw_locked(struct rotation *r, struct buf *ret_file, struct sr_why *why)
{
    struct rotation_file f = { 0 };
    SR_TRY(must_be_free(r, why));
    if (!r->next.drawn) {
        enum sr_err e = draw(r, why);
        if (e != SR_OK) {
            next_drop(&r->next);
            return e;
        }
    }
    rotation_show(r);
    f.draw_bytes = r->next.draw; /* borrowed: f is not dropped */
    rotation_file_write(&f, ret_file);
    return buf_ok(ret_file) ? SR_OK : SR_ENOMEM;
}

enum sr_err rotation_draw(struct rotation *r, struct buf *ret_file, struct sr_why *why)
{
    pthread_mutex_lock(&r->apply);
    enum sr_err e = draw_locked(r, ret_file, why);
    pthread_mutex_unlock(&r->apply);
    return e;
}

enum sr_err rotation_undraw(struct rotation *r, struct sr_why *why)
{
    pthread_mutex_lock(&r->apply);
    enum sr_err e = must_be_free(r, why);
    if (e == SR_OK)
        next_drop(&r->next);
    rotation_show(r);
    pthread_mutex_unlock(&r->apply);
    return e;
}

/* Our own certificate of that epoch: whoever holds its master writes it for the machine that it is. */
static enum sr_err own_cert(struct rotation *r, const struct keyring *k, struct buf *ret)
{
    const struct home *h = &r->core->home;
    struct member_cert c = {
        .cid = h->cid, .key = h->member_pub, .issued_at = clock_unix(), .granter = h->id
    };
    memcpy(c.address, r->core->cert.address, sizeof c.address);
    return keyring_certify_member(k, &c, ret);
}

/* The link, checked as everybody else will check it: m is what it begins. */
static enum sr_err make_link(struct rotation *r, const struct epochs *now, const struct rotation_file *f,
                             struct muster *ret, struct sr_why *why)
{
    SR_OWN(buf) link = { 0 };
    const struct home *h = &r->core->home;
    const struct approvers approvers = genesis_approvers(&h->genesis);
    const struct muster_of of = rotation_of(r, now, &approvers);
    SR_TRY(keyring_link(now->keyring, &h->cid, &f->draw.pubs, f->approvals.v, f->approvals.n, &link));
    return muster_begin(&of, buf_span(&link), f->draw.recovery, ret, why);
}

static void copy(struct buf *to, struct span s)
{
    buf_drop(to);
    wr_span(to, s);
}

static enum sr_err link_locked(struct rotation *r, const struct rotation_file *f, struct sr_why *why)
{
    SR_OWN(epochs_hold) now = epochs_holder_get(r->core->home.epochs);
    SR_OWN(keystore_txn) txn = { 0 };
    SR_OWN(muster) m = { 0 };
    struct next *n = &r->next;
    SR_TRY(must_be_free(r, why));
    if (!n->drawn || !span_eq(buf_span(&f->draw_bytes), buf_span(&n->draw)))
        return sr_fail(why, SR_ENOENT, R_EPOCH_DRAW, "not what waits for approvals here");
    SR_TRY(make_link(r, now.e, f, &m, why));
    SR_TRY(rotation_set(now.e, &m, SR_TAKE(n->drawn), &n->set, why));
    SR_TRY(own_cert(r, n->set->keyring, &n->cert));
    copy(&n->link, buf_span(&m.link));
    copy(&n->recovery, buf_span(&m.recovery));
    struct leaf l = {
        .type = LEAF_EPOCH, .time = clock_unix(), .epoch = m.next.epoch, .commit = m.next.commit
    };
    SR_TRY(rotation_store(r, &txn, &l));
    rotation_log(r, "epoch-linked", m.next.epoch);
    SR_TRY(rotation_say_held(r, &m, why));
    return rotation_settle(r, why);
}

enum sr_err rotation_link(struct rotation *r, struct span file, struct sr_why *why)
{
    SR_OWN(rotation_file) f = { 0 };
    SR_TRY(rotation_file_parse(file, &f, why));
    if (f.epochs.n) /* for operators, and nothing that we would compare */
        return sr_fail(why, SR_EFORMAT, R_EPOCH_DRAW, "the epochs stay with the operators");
    pthread_mutex_lock(&r->apply);
    enum sr_err e = link_locked(r, &f, why);
    rotation_show(r);
    pthread_mutex_unlock(&r->apply);
    return e;
}
