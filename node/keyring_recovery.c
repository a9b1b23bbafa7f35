#include "node/keyring_parts.h"

enum sr_err keyring_make_recovery(const struct keyring *k, const struct recovery_of *of,
                                  struct recovery_set *ret, struct sr_why *why)
{
    SR_OWN(recovery_rand) rand = { 0 };
    const struct epoch_master *first = &k->parts->masters.epoch[0];
    if (first->epoch != 1 || k->parts->masters.n != 1)
        return sr_fail(why, SR_EBUG, R_INTERNAL, "shares are made with the first master alone");
    random_fill(&rand, sizeof rand);
    return recovery_make(of, &first->master, &k->parts->keys[0].pub, &rand, ret, why);
}
