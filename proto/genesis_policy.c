#include "proto/genesis.h"
#include "proto/policy.h"

enum sr_err genesis_policy_check(const struct genesis *g, const struct sha256 *cid,
                                 const struct policy_signed *s, struct sr_why *why)
{
    const struct key_set *o = &g->params.operators;
    if (policy_number(s->policy) == 1)
        return policy_first_check(s->policy, &g->params.first_policy, why);
    return policy_signed_check(s, cid, o->key, o->n, o->k, why);
}
