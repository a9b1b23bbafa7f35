#include "proto/release_wire.h"

static enum sr_err malformed(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EFORMAT, R_MALFORMED, "%s", what);
}

static enum sr_err sized(struct span s, size_t max, struct sr_why *why)
{
    return s.n <= max ? SR_OK : sr_fail(why, SR_ETOOBIG, R_TOO_LARGE, "the message is over its limit");
}

static enum sr_err hand_on(const struct buf *b, enum sr_err decoded, struct buf *ret)
{
    if (!buf_ok(b))
        return SR_ENOMEM;
    SR_TRY(decoded);
    wr_span(ret, buf_span(b));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err w1_encode(const struct w1 *w, struct buf *ret)
{
    wr_head(ret, MSG_W1);
    wr_span(ret, SPAN(w->cid.b));
    wr_u64be(ret, w->ts_ms);
    wr_span(ret, SPAN(w->rand));
    wr_u64be(ret, w->epoch);
    wr_u64be(ret, w->policy_number);
    wr_span(ret, SPAN(w->policy_hash.b));
    wr_span(ret, SPAN(w->idb.b));
    wr_span(ret, SPAN(w->release_pub.b));
    wr_u32be(ret, w->deadline_ms);
    wr_span(ret, SPAN(w->mac.b));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err w1_decode(struct span s, struct w1 *ret, struct sr_why *why)
{
    struct w1 w = { 0 };
    struct reader r = rd_init(s);
    SR_TRY(wire_head(&r, MSG_W1, why));
    rd_copy(&r, w.cid.b, sizeof w.cid.b);
    w.ts_ms = rd_u64be(&r);
    rd_copy(&r, w.rand, sizeof w.rand);
    w.epoch = rd_u64be(&r);
    w.policy_number = rd_u64be(&r);
    rd_copy(&r, w.policy_hash.b, sizeof w.policy_hash.b);
    rd_copy(&r, w.idb.b, sizeof w.idb.b);
    rd_copy(&r, w.release_pub.b, sizeof w.release_pub.b);
    w.deadline_ms = rd_u32be(&r);
    rd_copy(&r, w.mac.b, sizeof w.mac.b);
    if (!rd_end(&r))
        return malformed(why, "W1: length");
    *ret = w;
    return SR_OK;
}

enum sr_err w2_encode(const struct w2 *w, struct buf *ret)
{
    SR_OWN(buf) b = { 0 };
    struct w2 back;
    wr_head(&b, MSG_W2);
    wr_lp(&b, w->w1);
    wr_u8(&b, w->cb_kind);
    wr_span(&b, SPAN(w->ekw.b));
    wr_lp(&b, w->type);
    wr_lp(&b, w->want);
    wr_lp(&b, w->evidence);
    return hand_on(&b, w2_decode(buf_span(&b), &back, NULL), ret);
}

enum sr_err w2_decode(struct span s, struct w2 *ret, struct sr_why *why)
{
    struct w2 w = { 0 };
    struct reader r = rd_init(s);
    SR_TRY(sized(s, W2_MAX, why));
    SR_TRY(wire_head(&r, MSG_W2, why));
    w.w1 = rd_lp(&r, W1_SIZE);
    w.cb_kind = rd_u8(&r);
    rd_copy(&r, w.ekw.b, sizeof w.ekw.b);
    w.type = rd_lp(&r, EVIDENCE_TYPE_MAX);
    w.want = rd_lp(&r, WANT_LIST_MAX);
    w.evidence = rd_lp(&r, HANDSHAKE_EVIDENCE_MAX);
    if (!rd_end(&r))
        return malformed(why, "W2: length");
    if (!evidence_type_ok(w.type) || !w.evidence.n)
        return malformed(why, "W2: type or evidence");
    *ret = w;
    return SR_OK;
}

enum sr_err w3_encode(const struct w3 *w, struct buf *ret)
{
    SR_OWN(buf) b = { 0 };
    struct w3 back;
    wr_head(&b, MSG_W3);
    wr_span(&b, SPAN(w->enc.b));
    wr_lp(&b, w->ct);
    wr_u64be(&b, w->leaf_index);
    wr_lp(&b, w->leaf);
    wr_lp(&b, w->checkpoint);
    wr_span(&b, SPAN(w->sig.b));
    return hand_on(&b, w3_decode(buf_span(&b), &back, NULL), ret);
}

enum sr_err w3_decode(struct span s, struct w3 *ret, struct sr_why *why)
{
    struct w3 w = { 0 };
    struct reader r = rd_init(s);
    SR_TRY(sized(s, W3_MAX, why));
    SR_TRY(wire_head(&r, MSG_W3, why));
    rd_copy(&r, w.enc.b, sizeof w.enc.b);
    w.ct = rd_lp(&r, RELEASE_PLAIN_MAX + HPKE_TAG);
    w.leaf_index = rd_u64be(&r);
    w.leaf = rd_lp(&r, LEAF_MAX);
    w.checkpoint = rd_lp(&r, CHECKPOINT_MAX);
    rd_copy(&r, w.sig.b, sizeof w.sig.b);
    if (!rd_end(&r))
        return malformed(why, "W3: length");
    *ret = w;
    return SR_OK;
}
