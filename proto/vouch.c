#include "proto/vouch.h"

#include <string.h>

enum { VERSION = 1, SIG_SIZE = 64, BODY_SIZE = VOUCH_ANSWER_SIZE - SIG_SIZE };

void vouch_request_write(const struct vouch_request *q, struct buf *ret)
{
    wr_u8(ret, VERSION);
    wr_span(ret, SPAN(q->nonce));
    wr_u64be(ret, q->number);
    wr_span(ret, SPAN(q->hash.b));
    wr_u64be(ret, q->epoch);
    wr_span(ret, SPAN(q->boot));
}

enum sr_err vouch_request_read(struct span s, struct vouch_request *ret, struct sr_why *why)
{
    struct vouch_request q = { 0 };
    struct reader r = rd_init(s);
    uint8_t version = rd_u8(&r);
    rd_copy(&r, q.nonce, sizeof q.nonce);
    q.number = rd_u64be(&r);
    rd_copy(&r, q.hash.b, sizeof q.hash.b);
    q.epoch = rd_u64be(&r);
    rd_copy(&r, q.boot, sizeof q.boot);
    if (!rd_end(&r) || version != VERSION || q.number == 0 || q.epoch == 0)
        return sr_fail(why, SR_EFORMAT, R_MALFORMED, "vouch: not a question");
    *ret = q;
    return SR_OK;
}

enum vouch_verdict vouch_judge(const struct vouch_request *q, const struct vouch_answer *own,
                               uint64_t min_epoch)
{
    if (q->number < own->number)
        return VOUCH_BEHIND;
    if (q->number == own->number && !sha256_eq(&q->hash, &own->hash))
        return VOUCH_FORK;
    return q->epoch < min_epoch ? VOUCH_EPOCH : VOUCH_YES;
}

static void write_body(const struct vouch_answer *a, struct buf *ret)
{
    wr_u8(ret, VERSION);
    wr_u8(ret, (uint8_t)a->verdict);
    wr_u64be(ret, a->number);
    wr_span(ret, SPAN(a->hash.b));
    wr_u64be(ret, a->epoch);
}

static void write_signed(const struct vouch_about *about, struct span body, struct buf *ret)
{
    wr_span(ret, SPAN(about->cid->b));
    wr_span(ret, SPAN(about->asker->b));
    wr_lp(ret, about->request);
    wr_span(ret, body);
}

void vouch_answer_write(const struct vouch_answer *a, const struct vouch_about *about,
                        const struct sign_key *voucher, struct buf *ret)
{
    SR_OWN(buf) body = { 0 };
    SR_OWN(buf) text = { 0 };
    write_body(a, &body);
    write_signed(about, buf_span(&body), &text);
    if (!buf_ok(&text)) {
        ret->bad = true;
        return;
    }
    struct sig sig = sign_label(voucher, L_VOUCH, buf_span(&text));
    wr_span(ret, buf_span(&body));
    wr_span(ret, SPAN(sig.b));
}

static enum sr_err read_answer(struct span s, struct vouch_answer *ret, struct sig *ret_sig,
                               struct sr_why *why)
{
    struct vouch_answer a = { 0 };
    struct sig sig = { 0 };
    struct reader r = rd_init(s);
    uint8_t version = rd_u8(&r), verdict = rd_u8(&r);
    a.number = rd_u64be(&r);
    rd_copy(&r, a.hash.b, sizeof a.hash.b);
    a.epoch = rd_u64be(&r);
    rd_copy(&r, sig.b, sizeof sig.b);
    if (!rd_end(&r) || version != VERSION || verdict == VOUCH_NONE || verdict >= VOUCH_VERDICTS)
        return sr_fail(why, SR_EFORMAT, R_MALFORMED, "vouch: not an answer");
    a.verdict = (enum vouch_verdict)verdict;
    *ret = a;
    *ret_sig = sig;
    return SR_OK;
}

enum sr_err vouch_answer_check(struct span s, const struct vouch_about *about, const struct sign_pub *voucher,
                               struct vouch_answer *ret, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    struct vouch_answer a;
    struct sig sig;
    SR_TRY(read_answer(s, &a, &sig, why));
    write_signed(about, (struct span){ s.p, BODY_SIZE }, &text);
    if (!buf_ok(&text))
        return SR_ENOMEM;
    if (sign_check(voucher, L_VOUCH, buf_span(&text), &sig) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_VOUCH, "vouch: not that member's word about this question");
    *ret = a;
    return SR_OK;
}
