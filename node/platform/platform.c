#include "node/platform/platform.h"

enum sr_err platform_open(struct span name, const struct platform_options *o, struct platform *ret,
                          struct sr_why *why)
{
    for (size_t i = 0; platform_rows[i]; i++) {
        struct platform p = { .row = platform_rows[i] };
        if (!span_eq(span_of(p.row->name), name))
            continue;
        SR_TRY(p.row->open(o, &p.state, why));
        wr_span(&p.ek_chain, o->ek_chain);
        *ret = p;
        return SR_OK;
    }
    return sr_fail(why, SR_ENOENT, R_CONFIG, "this program knows no such platform");
}

void platform_drop(struct platform *p)
{
    if (p->row)
        p->row->close(p->state);
    buf_drop(&p->ek_chain);
    *p = (struct platform){ 0 };
}

const char *platform_name(const struct platform *p)
{
    return p->row->name;
}

bool platform_enrols(const struct platform *p)
{
    return p->row->enrols;
}

enum sr_err platform_quote(struct platform *p, const struct sha512 *rd, struct span ak_cert, struct buf *ret,
                           struct sr_why *why)
{
    return p->row->quote(p->state, rd, ak_cert, ret, why);
}

enum sr_err platform_seal(struct platform *p, const struct key *k, struct buf *ret_blob, struct sr_why *why)
{
    return p->row->seal(p->state, k, ret_blob, why);
}

enum sr_err platform_unseal(struct platform *p, struct span blob, struct key *ret, struct sr_why *why)
{
    if (blob.n > PLATFORM_SEALED_MAX)
        return sr_fail(why, SR_EPROOF, R_UNSEAL, "no sealed blob of ours");
    return p->row->unseal(p->state, blob, ret, why);
}

enum sr_err platform_policy_digest(struct platform *p, struct sha256 *ret, struct sr_why *why)
{
    return p->row->policy_digest(p->state, ret, why);
}

enum sr_err platform_enrol_request(struct platform *p, const struct sha256 *network,
                                   const struct enrol_nonce *nonce, struct buf *ret_e1, struct sr_why *why)
{
    if (!p->row->enrols)
        return sr_fail(why, SR_ENOENT, R_CONFIG, "%s needs no enrolment", p->row->name);
    SR_OWN(buf) own = { 0 };
    SR_TRY(p->row->enrol_request(p->state, network, nonce, &own, why));
    return enrol_request_extend(buf_span(&own), buf_span(&p->ek_chain), ret_e1, why);
}

enum sr_err platform_enrol_answer(struct platform *p, struct span e1, struct span e2, struct buf *ret_e3,
                                  struct sr_why *why)
{
    struct span blob, seed;
    SR_OWN(key) secret = { 0 };
    if (!p->row->enrols)
        return sr_fail(why, SR_ENOENT, R_CONFIG, "%s needs no enrolment", p->row->name);
    SR_TRY(enrol_credential(e2, &blob, &seed, why));
    SR_TRY(p->row->activate(p->state, blob, seed, &secret, why));
    return enrol_answer(e1, e2, &secret, ret_e3);
}

enum sr_err platform_self_claims(struct platform *p, struct claims *ret, struct sr_why *why)
{
    struct claims c = { 0 };
    SR_TRY(p->row->self_claims(p->state, &c, why));
    if (!claims_ok(&c))
        return sr_fail(why, SR_EBUG, R_INTERNAL, "own claims do not fit");
    *ret = c;
    return SR_OK;
}
