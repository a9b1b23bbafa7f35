#include "store/keystore_parts.h"

#include <string.h>

/* Head format 1, specs/keystore.md section 5. The sum stays secret: whoever saw it change could learn the
 * summands and look for another set of old rows with the same sum. */
enum { HEAD_FORMAT = 1 };

static struct set_sum summand(const struct key *index, const struct row_key *k, struct row_mark m)
{
    uint8_t msg[ROW_KEY + sizeof m.salt + 8];
    struct set_sum s = { 0 };
    memcpy(msg, k->b, ROW_KEY);
    memcpy(msg + ROW_KEY, m.salt, sizeof m.salt);
    for (size_t i = 0; i < 8; i++)
        msg[sizeof msg - 1 - i] = (uint8_t)(m.seq >> 8 * i);
    struct sha256 mac = hmac_label(index, L_ROW_SET, SPAN(msg));
    struct reader r = rd_init(SPAN(mac.b));
    for (size_t i = 0; i < 4; i++)
        s.w[i] = rd_u64le(&r);
    return s;
}

void set_add(struct set_sum *s, const struct key *index, const struct row_key *k, struct row_mark m)
{
    struct set_sum v = summand(index, k, m);
    unsigned __int128 carry = 0;
    for (size_t i = 0; i < 4; i++) {
        carry += (unsigned __int128)s->w[i] + v.w[i];
        s->w[i] = (uint64_t)carry;
        carry >>= 64;
    }
}

void set_sub(struct set_sum *s, const struct key *index, const struct row_key *k, struct row_mark m)
{
    struct set_sum v = summand(index, k, m);
    unsigned __int128 carry = 1; /* minus v is not v plus one */
    for (size_t i = 0; i < 4; i++) {
        carry += (unsigned __int128)s->w[i] + (uint64_t)~v.w[i];
        s->w[i] = (uint64_t)carry;
        carry >>= 64;
    }
}

bool set_eq(const struct set_sum *a, const struct set_sum *b)
{
    return span_eq_secret(SPAN(a->w), SPAN(b->w));
}

struct span head_key(void)
{
    return SPAN_STR("H");
}

static enum sr_err bound(const struct sha256 *cid, uint32_t epoch, struct buf *ret)
{
    wr_lp(ret, SPAN(cid->b));
    wr_u8(ret, HEAD_FORMAT);
    wr_u32be(ret, epoch);
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err head_seal(const struct key *kek, uint32_t epoch, const struct sha256 *cid, const struct head *h,
                      struct buf *ret)
{
    SR_OWN(key) k = { 0 };
    SR_OWN(buf) aad = { 0 };
    SR_OWN(buf) plain = { 0 };
    wr_u64be(&plain, h->seq);
    wr_u64be(&plain, h->rows);
    wr_span(&plain, SPAN(h->chain.b));
    for (size_t i = 0; i < 4; i++)
        wr_u64be(&plain, h->sum.w[i]);
    if (!buf_ok(&plain))
        return SR_ENOMEM;
    SR_TRY(derive_key(kek, L_HEAD, SPAN(cid->b), &k));
    SR_TRY(bound(cid, epoch, &aad));
    wr_u8(ret, HEAD_FORMAT);
    wr_u32be(ret, epoch);
    return aead_seal(&k, buf_span(&aad), buf_span(&plain), ret);
}

enum sr_err head_epoch(struct span sealed, uint32_t *ret)
{
    struct reader r = rd_init(sealed);
    uint8_t format = rd_u8(&r);
    uint32_t epoch = rd_u32be(&r);
    if (r.bad || format != HEAD_FORMAT)
        return SR_EFORMAT;
    *ret = epoch;
    return SR_OK;
}

enum sr_err head_open(const struct key *kek, const struct sha256 *cid, struct span sealed, struct head *ret)
{
    SR_OWN(key) k = { 0 };
    SR_OWN(buf) aad = { 0 };
    SR_OWN(buf) plain = { 0 };
    struct head h = { 0 };
    uint32_t epoch;
    SR_TRY(head_epoch(sealed, &epoch));
    SR_TRY(derive_key(kek, L_HEAD, SPAN(cid->b), &k));
    SR_TRY(bound(cid, epoch, &aad));
    SR_TRY(aead_open_buf(&k, buf_span(&aad), (struct span){ sealed.p + 5, sealed.n - 5 }, &plain));
    struct reader r = rd_init(buf_span(&plain));
    h.seq = rd_u64be(&r);
    h.rows = rd_u64be(&r);
    rd_copy(&r, h.chain.b, sizeof h.chain.b);
    for (size_t i = 0; i < 4; i++)
        h.sum.w[i] = rd_u64be(&r);
    if (!rd_end(&r) || h.seq == 0)
        return SR_EFORMAT;
    *ret = h;
    return SR_OK;
}
