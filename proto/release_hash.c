#include "proto/release_hash.h"

static struct sha512 labelled(enum label l, struct span s)
{
    struct hash512 h = hash512_start(l);
    hash512_lp(&h, s);
    return hash512_end(&h);
}

struct sha512 release_evidence_rd(const struct release_rd_in *in)
{
    struct sha512 w1 = labelled(L_RELEASE_W1, in->w1);
    struct sha512 want = labelled(L_RELEASE_WANT, in->want);
    struct hash512 h = hash512_start(L_RELEASE_EV);
    hash512_lp(&h, SPAN(w1.b));
    hash512_lp(&h, SPAN(in->ekw->b));
    hash512_lp(&h, SPAN(want.b));
    hash512_lp(&h, in->type);
    hash512_lp(&h, binding_span(in->binding));
    return hash512_end(&h);
}

struct sha512 release_th(struct span w2, const struct binding *binding)
{
    struct hash512 h = hash512_start(L_RELEASE_TH);
    hash512_lp(&h, w2);
    hash512_lp(&h, binding_span(binding));
    return hash512_end(&h);
}

enum sr_err release_seal_info(const struct sha512 *th, struct buf *ret)
{
    struct label_text t = label_text(L_RELEASE_SEAL);
    wr_lp(ret, (struct span){ (const uint8_t *)t.b, t.n });
    wr_span(ret, SPAN(th->b));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err release_seal_aad(const struct w1 *w1, uint64_t leaf_index, struct buf *ret)
{
    wr_lp(ret, SPAN(w1->cid.b));
    wr_u64be(ret, w1->epoch);
    wr_u64be(ret, w1->policy_number);
    wr_u64be(ret, leaf_index);
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err release_sig_text(const struct sha512 *th, struct span w3_body, struct buf *ret)
{
    struct sha512 body = sha512(w3_body);
    wr_span(ret, SPAN(th->b));
    wr_span(ret, SPAN(body.b));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}
