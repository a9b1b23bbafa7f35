#include "client/auditor_policies.h"

#include "proto/cid.h"

#include <stdio.h>
#include <stdlib.h>

enum { POLICIES_MAX = 1 << 16 };

void auditor_policies_drop(struct auditor_policies *p)
{
    for (size_t i = 0; i < p->n; i++)
        policy_unref(p->v[i]);
    free(p->v);
    *p = (struct auditor_policies){ 0 };
}

static const struct policy *have(const struct auditor_policies *p, uint64_t number)
{
    for (size_t i = 0; i < p->n; i++)
        if (policy_number(p->v[i]) == number)
            return p->v[i];
    return NULL;
}

static enum sr_err check(const struct remote *r, const struct genesis *g, const struct policy_signed *s,
                         struct sr_why *why)
{
    const struct key_set *o = &g->params.operators;
    if (policy_number(s->policy) == 1 && s->sigs.n == 0)
        return policy_first_check(s->policy, &g->params.first_policy, why);
    return policy_signed_check(s, &r->cid, o->key, o->n, o->k, why);
}

/* number 0: the one in force. */
static enum sr_err fetch(struct remote *r, const struct genesis *g, uint64_t number,
                         struct policy_signed *ret, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    char path[64];
    snprintf(path, sizeof path, "/sealring/v1/policy?number=%llu", (unsigned long long)number);
    SR_TRY(remote_get(r, path, &text, why));
    SR_TRY(policy_signed_parse(buf_span(&text), ret, why));
    if (number > 0 && policy_number(ret->policy) != number)
        return sr_fail(why, SR_EPROOF, R_POLICY_CHAIN, "the node gave another policy than the one asked for");
    return check(r, g, ret, why);
}

static enum sr_err add(struct auditor_policies *p, struct policy *one)
{
    struct policy **v = p->n < POLICIES_MAX ? realloc(p->v, (p->n + 1) * sizeof(struct policy *)) : NULL;
    if (!v)
        return SR_ENOMEM;
    p->v = v;
    p->v[p->n++] = policy_ref(one);
    return SR_OK;
}

static enum sr_err before(struct auditor_policies *p, struct remote *r, const struct genesis *g,
                          const struct policy *after, struct sr_why *why)
{
    SR_OWN(policy_signed) s = { 0 };
    SR_TRY(fetch(r, g, policy_number(after) - 1, &s, why));
    if (!sha256_eq(policy_hash(s.policy), policy_previous(after)))
        return sr_fail(why, SR_EPROOF, R_POLICY_CHAIN, "policy %llu is not the one that its successor names",
                       (unsigned long long)policy_number(s.policy));
    return add(p, s.policy);
}

enum sr_err auditor_policies_fetch(struct auditor_policies *p, struct remote *r, const struct genesis *g,
                                   struct sr_why *why)
{
    SR_OWN(policy_signed) newest = { 0 };
    SR_TRY(fetch(r, g, 0, &newest, why));
    const struct policy *at = have(p, policy_number(newest.policy));
    if (at && !sha256_eq(policy_hash(at), policy_hash(newest.policy)))
        return sr_fail(why, SR_EPROOF, R_POLICY_FORK, "two policies of number %llu are signed",
                       (unsigned long long)policy_number(at));
    if (at)
        return SR_OK;
    SR_TRY(add(p, newest.policy));
    for (at = newest.policy; policy_number(at) > 1; at = p->v[p->n - 1]) {
        const struct policy *old = have(p, policy_number(at) - 1);
        if (old)
            return sha256_eq(policy_hash(old), policy_previous(at))
                       ? SR_OK
                       : sr_fail(why, SR_EPROOF, R_POLICY_FORK, "the policies are not one line");
        enum sr_err e = before(p, r, g, at, why);
        if (e == SR_ENOENT)
            return SR_OK;
        SR_TRY(e);
    }
    return SR_OK;
}
