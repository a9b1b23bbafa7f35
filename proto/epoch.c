#include "proto/epoch.h"

#include <string.h>

void epoch_keys_drop(struct epoch_keys *k)
{
    sodium_memzero(k, sizeof *k);
}

void master_bundle_drop(struct master_bundle *b)
{
    sodium_memzero(b, sizeof *b);
}

static enum sr_err derive_signer(const struct key *master, enum label l, struct span context,
                                 struct sign_key *ret, struct sign_pub *ret_pub)
{
    SR_OWN(key) seed = { 0 };
    SR_TRY(derive_key(master, l, context, &seed));
    sign_from_seed(&seed, ret, ret_pub);
    return SR_OK;
}

static enum sr_err derive_kem(const struct key *master, struct span context, struct kem_key *ret,
                              struct kem_pub *ret_pub)
{
    SR_OWN(key) k = { 0 };
    SR_TRY(derive_key(master, L_NETWORK_KEY, context, &k));
    memcpy(ret->b, k.b, sizeof ret->b);
    kem_pub_of(ret, ret_pub);
    return SR_OK;
}

enum sr_err epoch_keys_derive(const struct key *master, uint64_t epoch, const uint8_t salt[32],
                              struct epoch_keys *ret)
{
    SR_OWN(epoch_keys) k = { 0 };
    SR_OWN(buf) context = { 0 };
    wr_span(&context, (struct span){ salt, 32 });
    wr_u64be(&context, epoch);
    if (!buf_ok(&context))
        return SR_ENOMEM;
    struct span c = buf_span(&context);
    k.pub.epoch = epoch;
    k.pub.commit = master_commit(salt, epoch, master);
    SR_TRY(derive_key(master, L_KEK, c, &k.kek));
    SR_TRY(derive_key(master, L_INDEX, c, &k.index));
    SR_TRY(derive_key(master, L_LOG_SALT, c, &k.log_salt));
    SR_TRY(derive_signer(master, L_RELEASE_KEY, c, &k.release, &k.pub.release));
    SR_TRY(derive_signer(master, L_AKCA_KEY, c, &k.akca, &k.pub.akca));
    SR_TRY(derive_signer(master, L_MEMBER_KEY, c, &k.member_ca, &k.pub.member_ca));
    SR_TRY(derive_kem(master, c, &k.network, &k.pub.network));
    *ret = k;
    return SR_OK;
}

struct sha512 master_commit(const uint8_t salt[32], uint64_t epoch, const struct key *master)
{
    struct hash512 h = hash512_start(L_MASTER_COMMIT);
    hash512_lp(&h, (struct span){ salt, 32 });
    hash512_u64(&h, epoch);
    hash512_lp(&h, key_span(master));
    struct sha512 d = hash512_end(&h);
    sodium_memzero(&h, sizeof h);
    return d;
}

/* 2: epochs are missing. */
static uint8_t version_of(const struct master_bundle *b)
{
    for (size_t i = 0; i < b->n && i < EPOCHS_MAX; i++)
        if (b->epoch[i].epoch != b->epoch[0].epoch + i)
            return 2;
    return 1;
}

enum sr_err master_bundle_encode(const struct master_bundle *b, struct secret *ret)
{
    SR_OWN(buf) out = { 0 };
    SR_OWN(master_bundle) back = { 0 };
    wr_u8(&out, version_of(b));
    wr_span(&out, SPAN(b->cid.b));
    wr_u16be(&out, (uint16_t)b->n);
    for (size_t i = 0; i < b->n && i < EPOCHS_MAX; i++) {
        wr_u64be(&out, b->epoch[i].epoch);
        wr_u8(&out, (uint8_t)b->epoch[i].state);
        wr_span(&out, key_span(&b->epoch[i].master));
    }
    if (!buf_ok(&out))
        return SR_ENOMEM;
    SR_TRY(master_bundle_decode(buf_span(&out), &back, NULL));
    return secret_copy(ret, buf_span(&out));
}

/* Ascending; all retiring but the last. */
static bool bundle_in_order(const struct master_bundle *b)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct epoch_master *e = &b->epoch[i];
        if ((i && e->epoch <= b->epoch[i - 1].epoch) ||
            e->state != (i + 1 == b->n ? EPOCH_ACTIVE : EPOCH_RETIRING))
            return false;
    }
    return b->epoch[0].epoch >= 1 && b->epoch[b->n - 1].epoch <= EPOCHS_MAX;
}

enum sr_err master_bundle_decode(struct span s, struct master_bundle *ret, struct sr_why *why)
{
    SR_OWN(master_bundle) b = { 0 };
    struct reader r = rd_init(s);
    uint8_t version = rd_u8(&r);
    rd_copy(&r, b.cid.b, sizeof b.cid.b);
    b.n = rd_u16be(&r);
    if (b.n < 1 || b.n > EPOCHS_MAX)
        return sr_fail(why, SR_EFORMAT, R_MALFORMED, "master bundle: version or count");
    for (size_t i = 0; i < b.n && !r.bad; i++) {
        b.epoch[i].epoch = rd_u64be(&r);
        b.epoch[i].state = (enum epoch_state)rd_u8(&r);
        rd_copy(&r, b.epoch[i].master.b, sizeof b.epoch[i].master.b);
    }
    if (!rd_end(&r) || !bundle_in_order(&b) || version != version_of(&b))
        return sr_fail(why, SR_EFORMAT, R_MALFORMED, "master bundle: length or order");
    *ret = b;
    return SR_OK;
}

enum sr_err master_bundle_check(const struct master_bundle *b, const uint8_t salt[32],
                                const struct epoch_pubs *epochs, size_t n, struct sr_why *why)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct epoch_master *e = &b->epoch[i];
        if (e->epoch < 1 || e->epoch > n)
            return sr_fail(why, SR_EPROOF, R_MASTER_COMMIT_MISMATCH, "no commitment to a master's epoch");
        struct sha512 c = master_commit(salt, e->epoch, &e->master);
        if (!span_eq_secret(SPAN(c.b), SPAN(epochs[e->epoch - 1].commit.b)))
            return sr_fail(why, SR_EPROOF, R_MASTER_COMMIT_MISMATCH, "a master is not this network's");
    }
    return b->n ? SR_OK : sr_fail(why, SR_EPROOF, R_MASTER_COMMIT_MISMATCH, "no master");
}
