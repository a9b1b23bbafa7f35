#include "node/level.h"

#include "node/config.h"
#include "node/core.h"
#include "node/cosigners.h"
#include "node/counter.h"

static bool asks_others(const struct policy *p)
{
    const struct policy_witnesses *pw = p ? policy_witnesses(p) : NULL;
    return pw && pw->restart > 0;
}

struct rollback level_attested(const struct config *k, const struct core *c, const struct policy *p)
{
    bool tpm = c ? c->counter != NULL : k->nv_counter != 0;
    return (struct rollback){ (k->rollback_peers || asks_others(p) ? ROLLBACK_PEERS : 0) |
                                  (tpm ? ROLLBACK_TPM : 0),
                              c ? counter_value(c->counter) : 0 };
}

/* All of what is asked for, or it is no protection to speak of. */
static bool guarded(const struct core *c, const struct policy *p)
{
    const struct policy_witnesses *pw = p ? policy_witnesses(p) : NULL;
    struct cosigners_view v = cosigners_look(c->cosigners);
    return asks_others(p) && v.ended == R_NONE && v.size > 0 && v.cosigned >= pw->need &&
           v.answers >= pw->restart;
}

enum rollback_level level_now(const struct core *c)
{
    SR_OWN(policy_hold) now = policy_holder_get(c->policy);
    return (guarded(c, now.p) ? ROLLBACK_PEERS : 0) | (c->counter ? ROLLBACK_TPM : 0);
}

bool level_is_missed(const struct config *k, const struct policy *p)
{
    return k->rollback_peers && !asks_others(p);
}
