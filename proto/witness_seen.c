#include "proto/witness.h"

#include <string.h>

enum { SEEN_VERSION = 1 };

void witness_question_write(const struct witness_question *q, struct buf *ret)
{
    wr_span(ret, SPAN(q->nonce));
    wr_lp(ret, span_of(q->origin));
}

enum sr_err witness_question_read(struct span s, struct witness_question *ret)
{
    struct reader r = rd_init(s);
    struct witness_question q = { 0 };
    struct note_key name;
    rd_copy(&r, q.nonce, sizeof q.nonce);
    struct span origin = rd_lp(&r, NOTE_NAME_MAX);
    if (!rd_end(&r))
        return SR_EFORMAT;
    memcpy(q.origin, origin.p, origin.n);
    if (strlen(q.origin) != origin.n ||
        note_key_of(q.origin, NOTE_ED25519, &(struct sign_pub){ 0 }, &name) != SR_OK)
        return SR_EFORMAT;
    *ret = q;
    return SR_OK;
}

static void statement(const struct witness_question *q, const struct witness_state *have, struct buf *ret)
{
    wr_u8(ret, SEEN_VERSION);
    witness_question_write(q, ret);
    wr_u64be(ret, have->size);
    wr_span(ret, SPAN(have->root.b));
    wr_u64be(ret, have->start);
    wr_span(ret, SPAN(have->boot));
    wr_u8(ret, have->forked);
}

void witness_seen_sign(const struct witness_question *q, const struct witness_state *have,
                       const struct sign_key *key, struct buf *ret)
{
    SR_OWN(buf) b = { 0 };
    statement(q, have, &b);
    struct sig s = sign_label(key, L_WITNESS_SEEN, buf_span(&b));
    wr_span(ret, buf_span(&b));
    wr_span(ret, SPAN(s.b));
    ret->bad |= b.bad;
}

static enum sr_err state_read(struct span s, const struct witness_question *q, struct witness_state *ret,
                              struct sig *ret_sig)
{
    SR_OWN(buf) asked = { 0 };
    witness_question_write(q, &asked);
    struct reader r = rd_init(s);
    uint8_t version = rd_u8(&r);
    struct span question = rd_span(&r, asked.n);
    ret->size = rd_u64be(&r);
    rd_copy(&r, ret->root.b, sizeof ret->root.b);
    ret->start = rd_u64be(&r);
    rd_copy(&r, ret->boot, sizeof ret->boot);
    uint8_t forked = rd_u8(&r);
    rd_copy(&r, ret_sig->b, sizeof ret_sig->b);
    if (!rd_end(&r) || version != SEEN_VERSION || forked > 1 || ret->size > MERKLE_SIZE_MAX)
        return SR_EFORMAT;
    ret->forked = forked == 1;
    return span_eq(question, buf_span(&asked)) ? SR_OK : SR_EPROOF;
}

enum sr_err witness_seen_check(struct span s, const struct witness_question *q, const struct sign_pub *pub,
                               struct witness_state *ret, struct sr_why *why)
{
    struct witness_state have = { 0 };
    struct sig sig;
    enum sr_err e = state_read(s, q, &have, &sig);
    if (e == SR_EFORMAT)
        return sr_fail(why, e, R_MALFORMED, "witness: not a statement of what was seen");
    if (e != SR_OK)
        return sr_fail(why, e, R_WITNESS_ANSWER, "witness: the answer to another question");
    struct span signed_part = { s.p, s.n - sizeof sig };
    if (sign_check(pub, L_WITNESS_SEEN, signed_part, &sig) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_WITNESS_ANSWER, "witness: an answer that this member did not sign");
    *ret = have;
    return SR_OK;
}
