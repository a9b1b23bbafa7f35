#include "proto/join_hash.h"

#include <string.h>

struct sha512 join_th1(struct span m1, struct span m2, const struct binding *binding)
{
    struct hash512 h = hash512_start(L_JOIN_TH1);
    hash512_lp(&h, m1);
    hash512_lp(&h, m2);
    hash512_lp(&h, binding_span(binding));
    return hash512_end(&h);
}

struct sha512 join_th2(const struct sha512 *th1, struct span m3_body)
{
    struct hash512 h = hash512_start(L_JOIN_TH2);
    hash512_raw(&h, SPAN(th1->b));
    hash512_lp(&h, m3_body);
    return hash512_end(&h);
}

struct sha512 join_th3(const struct sha512 *th2, struct span m4_body)
{
    struct hash512 h = hash512_start(L_JOIN_TH3);
    hash512_raw(&h, SPAN(th2->b));
    hash512_lp(&h, m4_body);
    return hash512_end(&h);
}

struct sha512 join_rd_joiner(const struct join_joiner_rd *in)
{
    struct hash512 h = hash512_start(L_JOIN_EV_JOINER);
    hash512_raw(&h, SPAN(in->th1->b));
    hash512_lp(&h, SPAN(in->ekj->b));
    hash512_lp(&h, SPAN(in->idj->b));
    hash512_lp(&h, SPAN(in->member_key->b));
    hash512_lp(&h, in->type);
    hash512_rollback(&h, in->rollback);
    return hash512_end(&h);
}

struct sha512 join_rd_granter(const struct join_granter_rd *in)
{
    struct hash512 h = hash512_start(L_JOIN_EV_GRANTER);
    hash512_raw(&h, SPAN(in->th2->b));
    hash512_lp(&h, SPAN(in->ekb->b));
    hash512_lp(&h, SPAN(in->idb->b));
    hash512_lp(&h, SPAN(in->enc->b));
    hash512_lp(&h, SPAN(in->ct_hash->b));
    hash512_lp(&h, in->type);
    hash512_rollback(&h, in->rollback);
    return hash512_end(&h);
}

enum sr_err join_seal_info(const struct sha512 *th2, struct buf *ret)
{
    struct label_text t = label_text(L_JOIN_SEAL);
    wr_lp(ret, (struct span){ (const uint8_t *)t.b, t.n });
    wr_span(ret, SPAN(th2->b));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err join_seal_aad(const struct sha512 *th2, uint64_t epoch_lo, uint64_t epoch_hi, struct buf *ret)
{
    wr_span(ret, SPAN(th2->b));
    wr_u64be(ret, epoch_lo);
    wr_u64be(ret, epoch_hi);
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err join_confirm_keys(const struct hpke *ctx, struct key *ret_kcj, struct key *ret_kcb)
{
    struct label_text t = label_text(L_JOIN_CONFIRM);
    struct {
        struct key kcj, kcb;
    } both;
    _Static_assert(sizeof both == 64, "exported in one piece");
    enum sr_err e = hpke_export(ctx, (struct span){ (const uint8_t *)t.b, t.n }, &both, sizeof both);
    if (e == SR_OK) {
        *ret_kcj = both.kcj;
        *ret_kcb = both.kcb;
    }
    sodium_memzero(&both, sizeof both);
    return e;
}

enum sr_err join_confirm_mac(const struct key *k, enum label l, const struct sha512 *th3, struct span more,
                             struct sha256 *ret)
{
    SR_OWN(buf) b = { 0 };
    wr_span(&b, SPAN(th3->b));
    wr_span(&b, more);
    if (!buf_ok(&b))
        return SR_ENOMEM;
    *ret = hmac_label(k, l, buf_span(&b));
    return SR_OK;
}
