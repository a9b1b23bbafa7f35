/* policy_signed.c - signatures on policies, and which policy may follow which. specs/policy.md, "Signatures"
 * and "The chain". */
#include "crypto/text.h"
#include "proto/policy.h"

#include <string.h>

void policy_signed_drop(struct policy_signed *s)
{
    policy_unref(s->policy);
    *s = (struct policy_signed){ 0 };
}

/* The document is written again rather than cut out; both texts being canonical, it is the same bytes. */
static enum sr_err inner_policy(const struct json *v, struct policy **ret, struct sr_why *why)
{
    SR_OWN(buf) document = { 0 };
    jw_value(&document, v);
    if (!buf_ok(&document))
        return sr_fail(why, SR_ENOMEM, R_INTERNAL, "policy: no memory");
    return policy_parse(buf_span(&document), ret, why);
}

enum sr_err policy_signed_parse(struct span text, struct policy_signed *ret, struct sr_why *why)
{
    SR_OWN(json_doc) doc = { 0 };
    SR_OWN(policy_signed) s = { 0 };
    const struct approved of = { .reason = R_POLICY_FORMAT, .what = "policy" };
    const struct json *policy = NULL, *sigs = NULL;
    const struct json_field fields[] = {
        { "policy", JSON_OBJECT, &policy, 0, false },
        { "signatures", JSON_ARRAY, &sigs, APPROVALS_MAX, false },
        { 0 },
    };
    if (text.n > POLICY_SIGNED_MAX)
        return sr_fail(why, SR_ETOOBIG, R_POLICY_FORMAT, "policy: %zu bytes", text.n);
    SR_TRY(json_check_canonical(text, why));
    SR_TRY(json_parse(text, &doc, why));
    SR_TRY(json_fields(json_root(&doc), fields, why));
    SR_TRY(approvals_read(sigs, &of, &s.sigs, why));
    SR_TRY(inner_policy(policy, &s.policy, why));
    *ret = SR_TAKE(s);
    return SR_OK;
}

void policy_signed_write(const struct policy_signed *s, struct buf *ret)
{
    SR_OWN(buf) b = { 0 }; /* commas look back: a text of its own */
    jw_object(&b);
    jw_name(&b, "policy");
    jw_raw(&b, policy_document(s->policy));
    jw_name(&b, "signatures");
    approvals_write(&s->sigs, &b);
    jw_object_end(&b);
    if (!buf_ok(&b))
        ret->bad = true;
    wr_span(ret, buf_span(&b));
}

/* cid || u64 number || hash: fields of fixed size. */
static struct span signed_text(const struct policy *p, const struct sha256 *cid, struct buf *b)
{
    wr_span(b, SPAN(cid->b));
    wr_u64be(b, policy_number(p));
    wr_span(b, SPAN(policy_hash(p)->b));
    return buf_span(b);
}

struct approval policy_sign(const struct policy *p, const struct sha256 *cid, const struct sign_key *key,
                            const struct sign_pub *pub)
{
    SR_OWN(buf) b = { 0 };
    return (struct approval){ *pub, sign_label(key, L_POLICY_SIG, signed_text(p, cid, &b)) };
}

void policy_sign_text(const struct policy *p, const struct sha256 *cid, struct buf *ret)
{
    SR_OWN(buf) b = { 0 };
    sign_text(L_POLICY_SIG, signed_text(p, cid, &b), ret);
}

enum sr_err policy_signed_add(struct policy_signed *s, const struct approval *sig, struct sr_why *why)
{
    const struct approved of = { .reason = R_POLICY_SIGNATURES, .what = "policy" };
    return approvals_add(&s->sigs, sig, &of, why);
}

enum sr_err policy_signed_check(const struct policy_signed *s, const struct sha256 *cid,
                                const struct sign_pub *operators, size_t n, size_t k, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    const struct approvers by = { operators, n, k };
    const struct approved of = { L_POLICY_SIG, signed_text(s->policy, cid, &b), R_POLICY_SIGNATURES,
                                 "policy" };
    if (!buf_ok(&b))
        return sr_fail(why, SR_ENOMEM, R_INTERNAL, "policy: no memory");
    if (!approvals_enough(&s->sigs, &by))
        return sr_fail(why, SR_EPROOF, R_POLICY_SIGNATURES, "policy: %zu of %zu signatures needed", s->sigs.n,
                       k);
    if (policy_number(s->policy) == 1)
        return sr_fail(why, SR_EPROOF, R_POLICY_SIGNATURES, "policy: number 1 is pinned, not signed");
    return approvals_check(&s->sigs, &by, &of, why);
}

enum sr_err policy_first_check(const struct policy *p, const struct sha256 *pinned, struct sr_why *why)
{
    if (policy_number(p) != 1 || !sha256_eq(policy_hash(p), pinned))
        return sr_fail(why, SR_EPROOF, R_POLICY_CHAIN, "policy: not the first policy of this network");
    return SR_OK;
}

static enum sr_err leads_on(const struct policy *now, const struct policy *next, struct sr_why *why)
{
    if (!sha256_eq(policy_previous(next), policy_hash(now)))
        return sr_fail(why, SR_EPROOF, R_POLICY_CHAIN, "policy: its previous is not the one we hold");
    if (policy_min_epoch(next) < policy_min_epoch(now))
        return sr_fail(why, SR_EPROOF, R_POLICY_CHAIN, "policy: min_epoch goes back");
    if (policy_destroy_before(next) < policy_destroy_before(now)) /* nobody could do it */
        return sr_fail(why, SR_EPROOF, R_POLICY_CHAIN, "policy: destroy_before goes back");
    return SR_OK;
}

enum sr_err policy_follows(const struct policy *now, const struct policy *next, struct sr_why *why)
{
    uint64_t have = policy_number(now), got = policy_number(next);
    if (got == have && !sha256_eq(policy_hash(now), policy_hash(next)))
        return sr_fail(why, SR_EPROOF, R_POLICY_FORK, "policy: two of number %llu", (unsigned long long)got);
    if (got <= have)
        return sr_fail(why, SR_ESTALE, R_POLICY_OLD, "policy: number %llu, we hold %llu",
                       (unsigned long long)got, (unsigned long long)have);
    if (got - have > 1)
        return sr_fail(why, SR_ENOENT, R_POLICY_GAP, "policy: number %llu, we hold %llu",
                       (unsigned long long)got, (unsigned long long)have);
    return leads_on(now, next, why);
}
