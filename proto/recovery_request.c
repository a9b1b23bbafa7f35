#include "proto/recovery_request.h"

#include "proto/evidence_parts.h"
#include "proto/json.h"

enum { REQUEST_VERSION = 2 };

struct sha256 recovery_request_network(const struct sha256 *cid, const struct recovery_ceremony *c)
{
    struct hash256 h = hash256_start(L_RECOVERY_CEREMONY);
    hash256_lp(&h, SPAN(cid->b));
    hash256_lp(&h, SPAN(c->b));
    return hash256_end(&h);
}

struct sha512 recovery_request_rd(const struct recovery_request *q)
{
    struct hash512 h = hash512_start(L_RECOVERY_EVIDENCE);
    hash512_lp(&h, SPAN(q->cid.b));
    hash512_lp(&h, SPAN(q->ceremony.b));
    hash512_u64(&h, q->created);
    hash512_lp(&h, SPAN(q->session.b));
    hash512_u64(&h, q->policy_number);
    hash512_lp(&h, SPAN(q->policy_hash.b));
    hash512_u64(&h, q->epoch);
    hash512_lp(&h, SPAN(q->chain.b));
    hash512_lp(&h, q->type);
    hash512_rollback(&h, &q->rollback);
    return hash512_end(&h);
}

enum sr_err recovery_request_encode(const struct recovery_request *q, struct buf *ret)
{
    SR_OWN(buf) b = { 0 };
    struct recovery_request back;
    wr_u8(&b, REQUEST_VERSION);
    wr_span(&b, SPAN(q->cid.b));
    wr_span(&b, SPAN(q->ceremony.b));
    wr_u64be(&b, q->created);
    wr_span(&b, SPAN(q->session.b));
    wr_u64be(&b, q->policy_number);
    wr_span(&b, SPAN(q->policy_hash.b));
    wr_u64be(&b, q->epoch);
    wr_span(&b, SPAN(q->chain.b));
    wr_rollback(&b, &q->rollback);
    wr_lp(&b, q->type);
    wr_lp(&b, q->evidence);
    if (!buf_ok(&b))
        return SR_ENOMEM;
    SR_TRY(recovery_request_decode(buf_span(&b), &back, NULL));
    wr_span(ret, buf_span(&b));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err recovery_request_decode(struct span s, struct recovery_request *ret, struct sr_why *why)
{
    struct recovery_request q = { 0 };
    struct reader r = rd_init(s);
    uint8_t version = rd_u8(&r);
    rd_copy(&r, q.cid.b, sizeof q.cid.b);
    rd_copy(&r, q.ceremony.b, sizeof q.ceremony.b);
    q.created = rd_u64be(&r);
    rd_copy(&r, q.session.b, sizeof q.session.b);
    q.policy_number = rd_u64be(&r);
    rd_copy(&r, q.policy_hash.b, sizeof q.policy_hash.b);
    q.epoch = rd_u64be(&r);
    rd_copy(&r, q.chain.b, sizeof q.chain.b);
    q.rollback = rd_rollback(&r);
    q.type = rd_lp(&r, EVIDENCE_TYPE_MAX);
    q.evidence = rd_lp(&r, HANDSHAKE_EVIDENCE_MAX);
    if (!rd_end(&r) || version != REQUEST_VERSION || !evidence_type_ok(q.type) || !q.evidence.n)
        return sr_fail(why, SR_EFORMAT, R_RECOVERY_FORMAT, "recovery request: version, length or type");
    *ret = q;
    return SR_OK;
}

/* A bare document: only the first policy needs no signature. */
static enum sr_err bare_policy(struct span text, struct policy_signed *ret, struct sr_why *why)
{
    SR_OWN(buf) canonical = { 0 };
    SR_TRY(json_canonical(text, &canonical, why));
    return policy_parse(buf_span(&canonical), &ret->policy, why);
}

enum sr_err recovery_request_policy(struct span text, const struct genesis *g, const struct sha256 *cid,
                                    struct policy_signed *ret, struct sr_why *why)
{
    SR_OWN(policy_signed) s = { 0 };
    if (policy_signed_parse(text, &s, NULL) != SR_OK)
        SR_TRY(bare_policy(text, &s, why));
    SR_TRY(genesis_policy_check(g, cid, &s, why));
    *ret = SR_TAKE(s);
    return SR_OK;
}

static enum sr_err judge_session(const struct recovery_judge *by, const struct recovery_request *q,
                                 struct sr_why *why)
{
    uint64_t now = by->now < 0 ? 0 : (uint64_t)by->now;
    if (!sha256_eq(&q->cid, by->cid))
        return sr_fail(why, SR_EPROOF, R_WRONG_NETWORK, "a recovery request of another network");
    if (!span_eq(SPAN(q->ceremony.b), SPAN(by->ceremony->b)))
        return sr_fail(why, SR_EPROOF, R_RECOVERY_SESSION, "a recovery request of another ceremony");
    if (q->created > now + RECOVERY_AHEAD_MAX || now > q->created + RECOVERY_AGE_MAX)
        return sr_fail(why, SR_EPROOF, R_REQUEST_TIME, "a recovery request from another day");
    return SR_OK;
}

static enum sr_err judge_policy(const struct recovery_judge *by, const struct recovery_request *q,
                                struct sr_why *why)
{
    uint64_t ours = policy_number(by->policy);
    if (q->policy_number < ours)
        return sr_fail(why, SR_ESTALE, R_POLICY_OLD, "the node would serve under policy %llu, there is %llu",
                       (unsigned long long)q->policy_number, (unsigned long long)ours);
    if (q->policy_number > ours)
        return sr_fail(why, SR_ESTALE, R_POLICY_OLD,
                       "the node has policy %llu, you have %llu: get the newer one",
                       (unsigned long long)q->policy_number, (unsigned long long)ours);
    if (!sha256_eq(&q->policy_hash, policy_hash(by->policy)))
        return sr_fail(why, SR_EPROOF, R_POLICY_FORK, "another policy of the same number");
    return SR_OK;
}

static enum sr_err judge_epoch(const struct recovery_judge *by, const struct recovery_request *q,
                               struct sr_why *why)
{
    uint64_t ours = by->epochs->n;
    if (q->epoch < ours)
        return sr_fail(why, SR_ESTALE, R_EPOCH, "the node would bring back epoch %llu, there is %llu",
                       (unsigned long long)q->epoch, (unsigned long long)ours);
    if (q->epoch > ours)
        return sr_fail(why, SR_ESTALE, R_EPOCH,
                       "the node brings back epoch %llu, your recovery file is of %llu: get the newer one",
                       (unsigned long long)q->epoch, (unsigned long long)ours);
    if (!sha256_eq(&q->chain, &by->epochs->chain))
        return sr_fail(why, SR_EPROOF, R_EPOCH_FORK, "another chain to the same epoch");
    return SR_OK;
}

static enum sr_err judge_evidence(const struct recovery_judge *by, const struct recovery_request *q,
                                  struct claims *ret, struct sr_why *why)
{
    const struct genesis_params *p = &by->genesis->params;
    const struct ak_trust trust = {
        .network = recovery_request_network(by->cid, by->ceremony),
        .epoch = 1,
        .genesis_cas = p->akcas.key,
        .genesis_n = p->akcas.n,
        .genesis_k = p->akcas.k,
        .purpose = AK_FOR_RECOVERY,
    };
    struct verify_in in = {
        .evidence = q->evidence,
        .rd = recovery_request_rd(q),
        .now = by->now,
        .ak = &trust,
        .collateral = by->collateral,
    };
    evidence_set_roots(&in, q->type, genesis_pins, by->genesis);
    SR_TRY(evidence_verify(q->type, &in, ret, why));
    return genesis_root_check(by->genesis, q->type, ret, why);
}

enum sr_err recovery_request_judge(const struct recovery_judge *by, const struct recovery_request *q,
                                   struct claims *ret, struct sr_why *why)
{
    struct claims claims = { 0 };
    SR_TRY(judge_session(by, q, why));
    SR_TRY(judge_policy(by, q, why));
    SR_TRY(judge_epoch(by, q, why));
    SR_TRY(judge_evidence(by, q, &claims, why));
    rollback_claims(&q->rollback, &claims);
    SR_TRY(policy_join(by->policy, &claims, by->first, NULL, why));
    *ret = claims;
    return SR_OK;
}
