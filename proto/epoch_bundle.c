/* The bundle of masters: what travels to a joiner, and lies sealed on a member's disk. */
#include "proto/epoch.h"

void master_bundle_drop(struct master_bundle *b)
{
    sodium_memzero(b, sizeof *b);
}

bool master_bundle_lasts(const struct master_bundle *b)
{
    return b->n > 0 && b->epoch[0].epoch != 1;
}

/* 3: epoch 1 is destroyed; 2: others are missing. */
static uint8_t version_of(const struct master_bundle *b)
{
    if (master_bundle_lasts(b))
        return 3;
    for (size_t i = 0; i < b->n && i < EPOCHS_MAX; i++)
        if (b->epoch[i].epoch != b->epoch[0].epoch + i)
            return 2;
    return 1;
}

static void write_lasting(const struct lasting_keys *k, struct buf *ret)
{
    wr_span(ret, key_span(&k->index));
    wr_span(ret, key_span(&k->log_salt));
    wr_span(ret, key_span(&k->kbs_writer));
}

static void read_lasting(struct reader *r, struct lasting_keys *ret)
{
    rd_copy(r, ret->index.b, sizeof ret->index.b);
    rd_copy(r, ret->log_salt.b, sizeof ret->log_salt.b);
    rd_copy(r, ret->kbs_writer.b, sizeof ret->kbs_writer.b);
}

enum sr_err master_bundle_encode(const struct master_bundle *b, struct secret *ret)
{
    SR_OWN(buf) out = { 0 };
    SR_OWN(master_bundle) back = { 0 };
    wr_u8(&out, version_of(b));
    wr_span(&out, SPAN(b->cid.b));
    if (master_bundle_lasts(b))
        write_lasting(&b->lasting, &out);
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
    if (version == 3)
        read_lasting(&r, &b.lasting);
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

void master_bundle_without(const struct master_bundle *b, uint64_t before, const struct lasting_keys *lasting,
                           struct master_bundle *ret)
{
    SR_OWN(master_bundle) out = { .cid = b->cid };
    for (size_t i = 0; i < b->n; i++)
        if (b->epoch[i].epoch >= before || i + 1 == b->n)
            out.epoch[out.n++] = b->epoch[i];
    if (master_bundle_lasts(&out))
        out.lasting = *lasting;
    *ret = out;
}
