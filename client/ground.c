#include "client/ground.h"

#include "client/genesis_input.h"
#include "client/policy_file.h"
#include "proto/cid.h"

void ground_drop(struct ground *g)
{
    policy_signed_drop(&g->now);
}

static enum sr_err get_policy(const struct ground_options *o, struct policy_signed *ret, struct sr_why *why)
{
    SR_OWN(remote) r = { 0 };
    SR_OWN(buf) text = { 0 };
    if (o->policy)
        return policy_read_signed(o->policy, ret, why);
    SR_TRY(remote_open(&o->from, &r, why));
    SR_TRY(remote_get(&r, "/sealring/v1/policy", &text, why));
    return policy_signed_parse(buf_span(&text), ret, why);
}

enum sr_err ground_get(const struct ground_options *o, struct ground *ret, struct sr_why *why)
{
    SR_OWN(buf) bundle = { 0 };
    SR_OWN(ground) g = { 0 };
    struct genesis_checked checked;
    if (!o->from.node && !(o->bundle && o->policy))
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "wants --node, or both --bundle and --current");
    SR_TRY(cid_parse(span_of(o->from.cid), &g.cid, why));
    SR_TRY(genesis_input_get(o->bundle, &o->from, &bundle, why));
    SR_TRY(genesis_check(buf_span(&bundle), &g.cid, (struct span){ 0 }, &checked, why));
    g.genesis = checked.genesis;
    SR_TRY(get_policy(o, &g.now, why));
    SR_TRY(genesis_policy_check(&g.genesis, &g.cid, &g.now, why));
    *ret = SR_TAKE(g);
    return SR_OK;
}

struct policy_ground ground_of(const struct ground *g)
{
    return (struct policy_ground){ &g->cid, &g->genesis.params.operators, g->now.policy };
}
