#include "proto/evidence_parts.h"
#include "proto/genesis.h"

enum sr_err genesis_verify(const struct genesis_checked *c, const struct collateral *collateral,
                           struct claims *ret, struct sr_why *why)
{
    const struct genesis *g = &c->genesis;
    const struct ak_trust trust = {
        .network = g->params_hash,
        .epoch = 1,
        .genesis_cas = g->params.akcas.key,
        .genesis_n = g->params.akcas.n,
        .genesis_k = g->params.akcas.k,
    };
    struct verify_in in = {
        .evidence = c->bundle.evidence,
        .rd = c->rd,
        .now = (time_t)c->bundle.created,
        .ak = &trust,
        .collateral = collateral,
    };
    evidence_set_roots(&in, c->bundle.type, genesis_pins, g);
    struct claims claims = { 0 };
    SR_TRY(evidence_verify(c->bundle.type, &in, &claims, why));
    SR_TRY(genesis_root_check(g, c->bundle.type, &claims, why));
    *ret = claims;
    return SR_OK;
}
