#include "proto/rollback.h"

const char *rollback_text(enum rollback_level level)
{
    switch (level) {
    case ROLLBACK_NONE: return "none";
    case ROLLBACK_PEERS: return "peers";
    case ROLLBACK_TPM: return "tpm";
    case ROLLBACK_PEERS_TPM: return "peers-tpm";
    }
    return "none";
}

void wr_rollback(struct buf *b, const struct rollback *r)
{
    wr_u8(b, r->level);
    wr_u64be(b, r->count);
}

struct rollback rd_rollback(struct reader *r)
{
    struct rollback one = { .level = rd_u8(r) };
    one.count = rd_u64be(r);
    if (one.level > ROLLBACK_PEERS_TPM || (one.count && !(one.level & ROLLBACK_TPM)))
        r->bad = true;
    return r->bad ? (struct rollback){ 0 } : one;
}

void hash512_rollback(struct hash512 *h, const struct rollback *r)
{
    const uint8_t level[1] = { r->level };
    hash512_raw(h, SPAN(level));
    hash512_u64(h, r->count);
}

void rollback_claims(const struct rollback *r, struct claims *c)
{
    claims_put_text(c, "rollback", span_of(rollback_text(r->level)));
    if (r->level & ROLLBACK_TPM)
        claims_put_uint(c, "rollback.count", r->count);
}
