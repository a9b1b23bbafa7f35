/* Taking a master out: of memory, of what is sealed on the disk, of what is sealed for the next epoch and for
 * other starts. All of it is one transaction with its leaf; specs/epochs.md, "Destruction". */
#include "node/rotation_parts.h"

#include "node/clock.h"
#include "proto/leaf.h"

/* All that has masters in it, without those of epochs below some number. */
struct remains {
    struct epochs *now;
    struct home_sealed sealed;
    struct next next;
};

static void remains_drop(struct remains *m)
{
    SR_OWN(epochs_hold) __attribute__((unused)) last = { m->now };
    home_sealed_drop(&m->sealed);
    next_drop(&m->next);
    m->now = NULL;
}

static enum sr_err set_without(struct rotation *r, const struct epochs *e, uint64_t before,
                               struct epochs **ret)
{
    struct keyring *k = NULL;
    SR_TRY(keyring_without(e->keyring, before, r->core->home.genesis.params.salt, &k));
    return epochs_new(k, e->pub, e->n, buf_span(&e->chain), ret);
}

static void copy_public(const struct next *from, struct next *to)
{
    wr_span(&to->draw, buf_span(&from->draw));
    wr_span(&to->link, buf_span(&from->link));
    wr_span(&to->recovery, buf_span(&from->recovery));
    wr_span(&to->cert, buf_span(&from->cert));
}

/* Drawn, pulled or pending: sealed with every master before it. */
static enum sr_err next_without(struct rotation *r, uint64_t before, struct next *ret, struct sr_why *why)
{
    const struct next *n = &r->next;
    const struct home *h = &r->core->home;
    if (n->drawn)
        SR_TRY(keyring_without(n->drawn, before, h->genesis.params.salt, &ret->drawn));
    if (n->set)
        SR_TRY(set_without(r, n->set, before, &ret->set));
    copy_public(n, ret);
    if (!buf_ok(&ret->draw) || !buf_ok(&ret->link) || !buf_ok(&ret->recovery) || !buf_ok(&ret->cert))
        return SR_ENOMEM;
    const struct keyring *k = ret->set ? ret->set->keyring : ret->drawn;
    return k ? home_seal(r->node->tpm, &h->cid, k, &ret->sealed, why) : SR_OK;
}

static enum sr_err write(struct rotation *r, const struct remains *m, const struct epoch_pubs *gone)
{
    SR_OWN(keystore_txn) txn = { 0 };
    SR_OWN(buf) next = { 0 };
    SR_OWN(buf) before = { 0 };
    SR_OWN(buf) leaf = { 0 };
    const struct leaf l = {
        .type = LEAF_EPOCH_DESTROYED, .time = clock_unix(), .epoch = gone->epoch, .commit = gone->commit
    };
    SR_TRY(leaf_encode(&l, &leaf));
    wr_u64be(&before, gone->epoch + 1);
    if (m->next.sealed.blob.n)
        SR_TRY(next_encode(&m->next, &next));
    if (!buf_ok(&before))
        return SR_ENOMEM;
    home_put(&txn, HOME_DESTROYED, buf_span(&before));
    if (m->sealed.blob.n) { /* under a key of their own: that of before opens the masters of before alone */
        keystore_txn_clear(&txn, KC_TPM_BLOB, buf_span(&m->sealed.blob));
        keystore_txn_clear(&txn, KC_MASTER_BUNDLE, buf_span(&m->sealed.bundle));
        keystore_txn_clear(&txn, KC_EPOCH_NEXT,
                           buf_span(&next)); /* also what is left there of a draw that is over */
        keystore_txn_clear(&txn, KC_AHEAD, (struct span){ 0 });
    }
    return journal_submit(r->core->journal, &(struct journal_entry){ &txn, buf_span(&leaf) }, NULL);
}

/* The disk has it: memory follows. A request that began before ends with the set that it holds. */
static enum sr_err take_over(struct rotation *r, struct remains *m)
{
    SR_OWN(epochs_hold) __attribute__((unused)) pending = { 0 };
    SR_OWN(next) __attribute__((unused)) old = SR_TAKE(r->next);
    uint64_t oldest = keyring_oldest(m->now->keyring);
    r->next = SR_TAKE(m->next);
    pthread_mutex_lock(&r->swap);
    if (r->pending) {
        pending.e = r->pending;
        r->pending = epochs_hold_of(r->next.set).e;
    }
    pthread_mutex_unlock(&r->swap);
    epochs_holder_swap(r->core->home.epochs, SR_TAKE(m->now));
    return keystore_drop_keys(r->core->home.ks, (uint32_t)oldest);
}

static enum sr_err destroy_locked(struct rotation *r, uint64_t epoch, struct sr_why *why)
{
    SR_OWN(remains) m = { 0 };
    SR_OWN(epochs_hold) now = epochs_holder_get(r->core->home.epochs);
    if (keyring_oldest(now.e->keyring) != epoch || epoch >= now.e->n)
        return sr_fail(why, SR_ESTALE, R_EPOCH, "not the oldest master, or the only one");
    SR_TRY(set_without(r, now.e, epoch + 1, &m.now));
    SR_TRY(home_seal(r->node->tpm, &r->core->home.cid, m.now->keyring, &m.sealed, why));
    SR_TRY(next_without(r, epoch + 1, &m.next, why));
    SR_TRY(write(r, &m, &now.e->pub[epoch - 1]));
    rotation_log(r, "epoch-destroyed", epoch);
    return take_over(r, &m);
}

enum sr_err rotation_destroy(struct rotation *r, uint64_t epoch, struct sr_why *why)
{
    pthread_mutex_lock(&r->apply);
    enum sr_err e = destroy_locked(r, epoch, why);
    pthread_mutex_unlock(&r->apply);
    return e;
}
