#include "node/upgrade.h"

#include "node/ahead.h"
#include "node/clock.h"
#include "node/level.h"

#include <stdlib.h>

/* What others say of this machine (its endorsement key, its roots, its firmware) is not known by itself: so a
 * joiner's evidence is made and verified, as if we asked ourselves to let us in. */
static enum sr_err appraise_self(struct node *n, const struct stand *s, struct appraisal *ret,
                                 struct sr_why *why)
{
    SR_OWN(tpm_slot) slot = { 0 };
    SR_OWN(buf) cert = { 0 };
    SR_OWN(buf) evidence = { 0 };
    struct core_look at = stand_look(s);
    struct sha512 rd;
    random_fill(rd.b, sizeof rd.b);
    SR_TRY(core_ak_cert(n, s->core, &at, &cert, why));
    SR_TRY(tpm_slot_take(n->tpm, &slot, why));
    SR_TRY(tpm_actor_quote(&slot, &rd, buf_span(&cert), &evidence, why));
    return api_appraise(n, s, span_of(tpm_actor_type(n->tpm)), buf_span(&evidence), &rd, ret, why);
}

/* What will be measured is foretold; what others say of the machine stays. */
static void join_claims(const struct claims *foreseen, const struct claims *verified,
                        const struct claims *self, struct claims *ret)
{
    claims_copy(ret, foreseen);
    for (size_t i = 0; i < verified->n; i++) {
        struct span name = span_of(verified->c[i].name);
        if (!claims_find(self, name) && !claims_find(foreseen, name))
            claims_put(ret, &verified->c[i]);
    }
}

struct look {
    struct appraisal now;
    struct claims foreseen;
};
struct look_hold {
    struct look *l;
};
static void look_hold_drop(struct look_hold *h)
{
    free(h->l);
    h->l = NULL;
}

enum sr_err upgrade_judge(struct node *n, const struct stand *s, const struct announcement *a,
                          struct policy_verdict *ret, struct claims *ret_claims, struct sr_why *why)
{
    SR_OWN(look_hold) h = { calloc(1, sizeof *h.l) };
    if (!h.l)
        return SR_ENOMEM;
    SR_TRY(tpm_actor_foresee(n->tpm, a, &h.l->foreseen, why));
    SR_TRY(appraise_self(n, s, &h.l->now, why));
    join_claims(&h.l->foreseen, &h.l->now.claims, &n->self, ret_claims);
    struct rollback rollback = level_attested(n->config, s->core, s->policy.p);
    rollback_claims(&rollback, ret_claims);
    return policy_join(s->policy.p, ret_claims, &n->self, ret, why);
}

static enum sr_err write_down(const struct stand *s, const struct claims *claims)
{
    struct leaf l = { .type = LEAF_SEALED_AHEAD,
                      .time = clock_unix(),
                      .policy_number = policy_number(s->policy.p) };
    appraise_leaf(s->epochs.e->keyring, claims, &l);
    return api_log(s->core, &l, NULL);
}

enum sr_err upgrade_reseal(struct node *n, const struct stand *s, const struct announcement *a,
                           struct sr_why *why)
{
    struct claims *claims = calloc(1, sizeof *claims);
    if (!claims)
        return SR_ENOMEM;
    enum sr_err e = upgrade_judge(n, s, a, NULL, claims, why);
    if (e == SR_OK)
        e = write_down(s, claims); /* on disk before anything is sealed */
    free(claims);
    SR_TRY(e);
    const struct ahead ahead = { s->core->home.cid, s->epochs.e->keyring, a };
    return ahead_seal(n->store, n->tpm, &ahead, why);
}
