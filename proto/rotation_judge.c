#include "proto/evidence_parts.h"
#include "proto/rotation.h"

static enum sr_err judge_words(const struct rotation_judge *by, const struct epoch_draw *d,
                               struct sr_why *why)
{
    uint64_t now = by->now < 0 ? 0 : (uint64_t)by->now;
    if (!sha256_eq(&d->cid, by->cid))
        return sr_fail(why, SR_EPROOF, R_WRONG_NETWORK, "a draw of another network");
    if (d->pubs.epoch != by->before->epoch + 1)
        return sr_fail(why, SR_ESTALE, R_EPOCH, "a draw for epoch %llu, the newest being %llu",
                       (unsigned long long)d->pubs.epoch, (unsigned long long)by->before->epoch);
    if (d->created > now + EPOCH_DRAW_AHEAD_MAX || now > d->created + EPOCH_DRAW_AGE_MAX)
        return sr_fail(why, SR_EPROOF, R_REQUEST_TIME, "a draw of another time");
    if ((d->recovery.n != 0) != (by->genesis->params.recovery.n != 0))
        return sr_fail(why, SR_EPROOF, R_EPOCH_DRAW, "recovery is not what the genesis record says");
    return SR_OK;
}

static enum sr_err judge_evidence(const struct rotation_judge *by, const struct epoch_draw *d,
                                  struct claims *ret, struct sr_why *why)
{
    struct ak_trust trust = { .network = *by->cid, .epoch = by->before->epoch, .akca = by->before->akca };
    struct verify_in in = {
        .evidence = d->evidence, .now = by->now, .ak = &trust, .collateral = by->collateral
    };
    trust.max_age = policy_ak_cert_max_age(by->policy);
    trust.vendor_roots = policy_vendor_ak_roots(by->policy, &trust.vendor_n);
    SR_TRY(epoch_draw_rd(d, &in.rd));
    evidence_set_roots(&in, d->type, genesis_pins, by->genesis);
    SR_TRY(evidence_verify(d->type, &in, ret, why));
    return genesis_root_check(by->genesis, d->type, ret, why);
}

enum sr_err rotation_judge(const struct rotation_judge *by, const struct epoch_draw *d, struct claims *ret,
                           struct sr_why *why)
{
    struct claims claims = { 0 };
    SR_TRY(judge_words(by, d, why));
    SR_TRY(judge_evidence(by, d, &claims, why));
    rollback_claims(&d->rollback, &claims);
    SR_TRY(policy_join(by->policy, &claims, by->first, NULL, why));
    *ret = claims;
    return SR_OK;
}
