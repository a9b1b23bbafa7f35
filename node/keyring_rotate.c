/* The next epoch's master: drawn, vouched for, and put together with those before it. */
#include "node/keyring_parts.h"

#include <string.h>

static enum sr_err with_next(const struct keyring *k, struct master_bundle *ret)
{
    *ret = k->parts->masters;
    if (ret->n == EPOCHS_MAX || keyring_newest(k) >= EPOCHS_MAX)
        return SR_ETOOBIG;
    struct epoch_master *next = &ret->epoch[ret->n];
    ret->epoch[ret->n - 1].state = EPOCH_RETIRING;
    *next = (struct epoch_master){ .epoch = keyring_newest(k) + 1, .state = EPOCH_ACTIVE };
    random_fill(next->master.b, sizeof next->master.b);
    ret->n++;
    return SR_OK;
}

enum sr_err keyring_draw(const struct keyring *k, const uint8_t salt[static 32], struct keyring **ret)
{
    SR_OWN(master_bundle) b = { 0 };
    SR_TRY(with_next(k, &b));
    return keyring_install(&b, salt, ret);
}

enum sr_err keyring_link(const struct keyring *k, const struct sha256 *cid, const struct epoch_pubs *next,
                         const struct approval *approvals, size_t n, struct buf *ret)
{
    return epoch_link_make(cid, next, &keyring_active(k)->release, approvals, n, ret);
}

enum sr_err keyring_seal_recovery(const struct keyring *k, uint64_t epoch, const struct sha256 *cid,
                                  const struct kem_pub *to, struct recovery_sealed *ret)
{
    SR_OWN(kem_key) eph = { 0 };
    const struct master_bundle *m = &k->parts->masters;
    random_fill(eph.b, sizeof eph.b);
    for (size_t i = 0; i < m->n; i++)
        if (m->epoch[i].epoch == epoch)
            return recovery_seal_master(to, cid, &m->epoch[i].master, &k->parts->keys[i].pub, &eph, ret);
    return SR_ENOENT;
}

/* Both ascending; what both have is the same master, or it would not have the commitment. */
static enum sr_err merge(const struct master_bundle *a, const struct master_bundle *b,
                         struct master_bundle *ret)
{
    size_t i = 0, j = 0;
    ret->n = 0;
    while (i < a->n || j < b->n) {
        bool from_a = j == b->n || (i < a->n && a->epoch[i].epoch <= b->epoch[j].epoch);
        const struct epoch_master *m = from_a ? &a->epoch[i] : &b->epoch[j];
        if (ret->n == EPOCHS_MAX)
            return SR_ETOOBIG;
        j += from_a && j < b->n && a->epoch[i].epoch == b->epoch[j].epoch;
        *(from_a ? &i : &j) += 1;
        ret->epoch[ret->n] = *m;
        ret->epoch[ret->n++].state = EPOCH_RETIRING;
    }
    if (ret->n)
        ret->epoch[ret->n - 1].state = EPOCH_ACTIVE;
    if (master_bundle_lasts(ret)) /* neither has the first master: what is ours stays ours */
        ret->lasting = b->lasting;
    return SR_OK;
}

enum sr_err keyring_install_with(const struct master_bundle *b, const struct keyring *older,
                                 const uint8_t salt[static 32], struct keyring **ret)
{
    SR_OWN(master_bundle) all = { 0 };
    SR_TRY(merge(b, &older->parts->masters, &all));
    return keyring_install(&all, salt, ret);
}

enum sr_err keyring_without(const struct keyring *k, uint64_t before, const uint8_t salt[static 32],
                            struct keyring **ret)
{
    SR_OWN(master_bundle) left = { 0 };
    master_bundle_without(&k->parts->masters, before, &k->parts->lasting, &left);
    return keyring_install(&left, salt, ret);
}

struct keystore_epoch keyring_row_key(const struct keyring *k)
{
    const struct epoch_keys *e = keyring_active(k);
    return (struct keystore_epoch){ (uint32_t)e->pub.epoch, e->kek };
}
