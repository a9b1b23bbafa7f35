#include "proto/policy_proposal.h"

#include "proto/json.h"

#include <string.h>

static bool same_key(const struct sign_pub *a, const struct sign_pub *b)
{
    return span_eq(SPAN(a->b), SPAN(b->b));
}

static bool is_operator(const struct key_set *operators, const struct sign_pub *key)
{
    for (size_t i = 0; i < operators->n; i++)
        if (same_key(&operators->key[i], key))
            return true;
    return false;
}

/* One signature, by the check that members make of all of them. */
static enum policy_signer signer_of(const struct policy_signed *s, size_t i, const struct policy_ground *g)
{
    const struct policy_signed alone = { .policy = s->policy, .sigs = { { s->sigs.v[i] }, 1 } };
    const struct key_set *o = g->operators;
    if (!is_operator(o, &s->sigs.v[i].key))
        return SIGNER_STRANGER;
    return policy_signed_check(&alone, g->cid, o->key, o->n, 1, NULL) == SR_OK ? SIGNER_GOOD : SIGNER_WRONG;
}

static enum policy_signer operator_of(const struct policy_signed *s, const struct policy_progress *p,
                                      const struct sign_pub *operator)
{
    for (size_t i = 0; i < s->sigs.n; i++)
        if (same_key(&s->sigs.v[i].key, operator))
            return p->sigs[i];
    return SIGNER_NONE;
}

struct policy_progress policy_progress(const struct policy_signed *s, const struct policy_ground *g)
{
    struct policy_progress p = { 0 };
    struct sr_why why = { 0 };
    for (size_t i = 0; i < s->sigs.n; i++) {
        p.sigs[i] = signer_of(s, i, g);
        p.good += p.sigs[i] == SIGNER_GOOD;
        p.spoilt |= p.sigs[i] != SIGNER_GOOD;
    }
    for (size_t i = 0; i < g->operators->n; i++)
        p.operators[i] = operator_of(s, &p, &g->operators->key[i]);
    p.missing = g->operators->k > p.good ? g->operators->k - p.good : 0;
    p.follows = policy_follows(g->now, s->policy, &why) == SR_OK ? R_NONE : why.reason;
    p.in_force = sha256_eq(policy_hash(g->now), policy_hash(s->policy));
    return p;
}

enum sr_err policy_may_sign(const struct policy_signed *s, const struct policy_ground *g,
                            const struct sign_pub *signer, struct sr_why *why)
{
    struct policy_progress p = policy_progress(s, g);
    if (!is_operator(g->operators, signer))
        return sr_fail(why, SR_EDENIED, R_POLICY_SIGNATURES,
                       "policy: this key is no operator's of this network");
    if (policy_number(s->policy) == 1)
        return sr_fail(why, SR_EDENIED, R_POLICY_SIGNATURES, "policy: number 1 is pinned, not signed");
    if (p.spoilt)
        return sr_fail(why, SR_EPROOF, R_POLICY_SIGNATURES,
                       "policy: a signature that is there does not count: by a stranger, or for another "
                       "network or document");
    if (operator_of(s, &p, signer) != SIGNER_NONE)
        return sr_fail(why, SR_EDENIED, R_POLICY_SIGNATURES, "policy: this key has signed already");
    return policy_follows(g->now, s->policy, why);
}

/* ---- drafts ---- */

static bool is_set(const struct json *member)
{
    return span_eq(json_name(member), SPAN_STR("number")) || span_eq(json_name(member), SPAN_STR("previous"));
}

static void put_member(struct buf *b, const struct json *member)
{
    char name[JSON_NAME_MAX + 1] = { 0 };
    memcpy(name, json_name(member).p, json_name(member).n);
    jw_name(b, name);
    jw_value(b, member);
}

/* The members of the draft but for the two, then those two, in any order: json_canonical() sorts. */
static void rewrite(const struct json *draft, const struct policy *now, struct buf *ret)
{
    jw_object(ret);
    for (const struct json *m = json_first(draft); m; m = json_next(m))
        if (!is_set(m))
            put_member(ret, m);
    jw_member_u64(ret, "number", policy_number(now) + 1);
    jw_member_hex(ret, "previous", SPAN(policy_hash(now)->b));
    jw_object_end(ret);
}

enum sr_err policy_propose(struct span draft, const struct policy *now, struct buf *ret, struct sr_why *why)
{
    SR_OWN(json_doc) doc = { 0 };
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) document = { 0 };
    SR_OWN(policy_hold) next = { 0 };
    SR_TRY(json_parse(draft, &doc, why));
    rewrite(json_root(&doc), now, &text);
    SR_TRY(json_canonical(buf_span(&text), &document, why));
    SR_TRY(policy_parse(buf_span(&document), &next.p, why));
    SR_TRY(policy_follows(now, next.p, why));
    wr_span(ret, buf_span(&document));
    return buf_ok(ret) ? SR_OK : sr_fail(why, SR_ENOMEM, R_INTERNAL, "policy: no memory");
}
