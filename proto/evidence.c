#include "proto/evidence.h"

#include "proto/evidence_parts.h"

const struct verifier *verifier_find(struct span name)
{
    for (size_t i = 0; evidence_rows[i]; i++)
        if (span_eq(span_of(evidence_rows[i]->name), name))
            return evidence_rows[i];
    return NULL;
}

enum sr_err evidence_verify(struct span tee_type, const struct verify_in *in, struct claims *ret,
                            struct sr_why *why)
{
    const struct verifier *v = verifier_find(tee_type);
    if (!v)
        return sr_fail(why, SR_EPROOF, R_EVIDENCE_TYPE, "no verifier for this kind of evidence");
    if (in->evidence.n > v->max)
        return sr_fail(why, SR_ETOOBIG, R_TOO_LARGE, "%s: %zu bytes of evidence", v->name, in->evidence.n);
    struct claims found;
    claims_clear(&found);
    SR_TRY(v->parts[0] ? evidence_verify_parts(v, in, &found, why) : v->verify(in, &found, why));
    if (!claims_ok(&found))
        return sr_fail(why, SR_EPROOF, R_EVIDENCE_FORMAT, "%s: claims do not fit", v->name);
    claims_copy(ret, &found);
    return SR_OK;
}

struct sha256 evidence_nonce32(struct span tee_type, const struct sha512 *rd)
{
    struct hash256 h = hash256_start(L_RD32);
    hash256_lp(&h, tee_type);
    hash256_raw(&h, SPAN(rd->b));
    return hash256_end(&h);
}
