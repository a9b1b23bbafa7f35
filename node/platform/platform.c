#include "node/platform/platform.h"

static enum sr_err find(struct span name, const struct platform_row **ret, struct sr_why *why)
{
    for (size_t i = 0; platform_rows[i]; i++)
        if (span_eq(span_of(platform_rows[i]->name), name)) {
            *ret = platform_rows[i];
            return SR_OK;
        }
    return sr_fail(why, SR_ENOENT, R_CONFIG, "this program knows no such platform");
}

/* An interface that is there and fails is no reason to take the next row: that would be another kind of
 * evidence, by chance. */
static enum sr_err find_here(const struct platform_options *o, const struct platform_row **ret,
                             struct sr_why *why)
{
    for (size_t i = 0; platform_rows[i]; i++) {
        enum sr_err e = platform_rows[i]->found ? platform_rows[i]->found(o, why) : SR_ENOENT;
        if (e == SR_OK)
            *ret = platform_rows[i];
        if (e != SR_ENOENT)
            return e;
    }
    return sr_fail(why, SR_ENOENT, R_CONFIG, "no platform is found on this machine: name one");
}

static enum sr_err open_sealer(struct platform *p, const struct platform_options *o, struct sr_why *why)
{
    struct span seal = span_of(o->seal && *o->seal ? o->seal : "auto");
    const struct platform_row *row;
    bool own = span_eq(seal, span_of(p->row->name));
    if (span_eq(seal, SPAN_STR("none")) || (!p->row->seal && span_eq(seal, SPAN_STR("auto"))))
        return SR_OK;
    if ((own || span_eq(seal, SPAN_STR("auto"))) && p->row->seal) {
        p->sealer = p->row;
        p->sealer_state = p->state;
        return SR_OK;
    }
    struct platform_options sealing = *o;
    sealing.event_log = NULL; /* of what makes evidence */
    SR_TRY(find(seal, &row, why));
    if (!row->seal || !row->seals_for_others)
        return sr_fail(why, SR_ENOENT, R_CONFIG, "%s does not seal for %s", row->name, p->row->name);
    SR_TRY(row->open(&sealing, &p->sealer_state, why));
    p->sealer = row;
    return SR_OK;
}

enum sr_err platform_open(struct span name, const struct platform_options *o, struct platform *ret,
                          struct sr_why *why)
{
    SR_OWN(platform) p = { 0 };
    const struct platform_row *row;
    SR_TRY(span_eq(name, SPAN_STR("auto")) ? find_here(o, &row, why) : find(name, &row, why));
    SR_TRY(row->open(o, &p.state, why));
    p.row = row;
    SR_TRY(open_sealer(&p, o, why));
    wr_span(&p.ek_chain, o->ek_chain);
    *ret = SR_TAKE(p);
    return SR_OK;
}

void platform_drop(struct platform *p)
{
    if (p->sealer && p->sealer_state != p->state)
        p->sealer->close(p->sealer_state);
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

bool platform_seals(const struct platform *p)
{
    return p->sealer != NULL;
}

enum sr_reason platform_trouble(const struct platform *p)
{
    return p->row->trouble;
}

const char *platform_sealer(const struct platform *p)
{
    return p->sealer ? p->sealer->name : "none";
}

static enum sr_err no_sealer(struct sr_why *why)
{
    return sr_fail(why, SR_ENOENT, R_CONFIG, "nothing seals on this machine");
}

enum sr_err platform_quote(struct platform *p, const struct sha512 *rd, struct span ak_cert, struct buf *ret,
                           struct sr_why *why)
{
    return p->row->quote(p->state, rd, ak_cert, ret, why);
}

enum sr_err platform_seal(struct platform *p, const struct key *k, struct buf *ret_blob, struct sr_why *why)
{
    return p->sealer ? p->sealer->seal(p->sealer_state, k, ret_blob, why) : no_sealer(why);
}

enum sr_err platform_unseal(struct platform *p, struct span blob, struct key *ret, struct sr_why *why)
{
    if (blob.n > PLATFORM_SEALED_MAX)
        return sr_fail(why, SR_EPROOF, R_UNSEAL, "no sealed blob of ours");
    return p->sealer ? p->sealer->unseal(p->sealer_state, blob, ret, why) : no_sealer(why);
}

enum sr_err platform_policy_digest(struct platform *p, struct sha256 *ret, struct sr_why *why)
{
    return p->sealer ? p->sealer->policy_digest(p->sealer_state, ret, why) : no_sealer(why);
}

/* Evidence and seal of one and the same device: else one of them would be judged and the other used. */
static enum sr_err sees_ahead(const struct platform *p, struct sr_why *why)
{
    return p->sealer == p->row && p->row->foresee && p->row->seal_ahead
               ? SR_OK
               : sr_fail(why, SR_ENOENT, R_CONFIG, "%s does not tell ahead what it will measure",
                         p->row->name);
}

enum sr_err platform_foresee(struct platform *p, const struct announcement *a, struct claims *ret,
                             struct sr_why *why)
{
    SR_TRY(sees_ahead(p, why));
    return p->row->foresee(p->state, a, ret, why);
}

enum sr_err platform_seal_ahead(struct platform *p, const struct announcement *a, const struct key *k,
                                struct buf *ret_blob, struct sha256 *ret_digest, struct sr_why *why)
{
    SR_TRY(sees_ahead(p, why));
    return p->row->seal_ahead(p->state, a, k, ret_blob, ret_digest, why);
}

bool platform_counts(const struct platform *p)
{
    return p->sealer && p->sealer->count;
}

enum sr_err platform_count(struct platform *p, const struct platform_counter *c, enum platform_count act,
                           uint64_t *ret, struct sr_why *why)
{
    if (!platform_counts(p))
        return sr_fail(why, SR_ENOENT, R_CONFIG, "nothing counts on this machine");
    return p->sealer->count(p->sealer_state, c, act, ret, why);
}

enum sr_err platform_probe(struct platform *p, struct sr_why *why)
{
    SR_TRY(p->row->probe(p->state, why));
    return p->sealer && p->sealer_state != p->state ? p->sealer->probe(p->sealer_state, why) : SR_OK;
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
