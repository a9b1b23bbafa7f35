#include "proto/verified.h"

#include <string.h>

enum sr_err verified_evidence(struct span type, const struct verify_in *in, struct verified *ret,
                              struct claims *ret_claims, struct sr_why *why)
{
    struct verified v = { .rd = in->rd };
    if (!evidence_type_ok(type))
        return sr_fail(why, SR_EFORMAT, R_EVIDENCE_TYPE, "not the name of a type of evidence");
    memcpy(v.type, type.p, type.n);
    SR_TRY(evidence_verify(type, in, ret_claims, why));
    *ret = v;
    return SR_OK;
}
