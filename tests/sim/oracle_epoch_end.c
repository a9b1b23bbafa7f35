/* oracle_epoch_end.c - whether all have gone along once all is quiet, and whether they can go on. */
#include "tests/sim/oracle_epoch_parts.h"
#include "tests/sim/oracle_members.h"

#include <string.h>

/* Policy lets it be a member, whether or not others may join. */
static bool goes_along(const struct host *m)
{
    const struct world *w = world();
    return w->policy[w->policies].takes[m->code] && !oracle_is_out(m) && !oracle_may_wait(m) &&
           !(w->need && m->rolled);
}

/* The newest epoch of those that policy lets be members: nobody takes masters from the others. */
static uint64_t newest_admitted(void)
{
    const struct world *w = world();
    uint64_t most = 0;
    for (size_t i = 0; i < w->n; i++)
        if (host_is_member(&w->m[i]) && goes_along(&w->m[i]) && rotations()->of[i].n > most)
            most = rotations()->of[i].n;
    return most;
}

bool oracle_epoch_apart(const struct host *m)
{
    return !goes_along(m) && rotations()->of[m->id].n != newest_admitted();
}

bool oracle_epoch_converged(bool say)
{
    const struct world *w = world();
    for (size_t i = 0; i < w->n; i++) {
        const struct host *m = &w->m[i];
        if (!host_is_member(m) || oracle_epoch_apart(m) || rotations()->of[m->id].n == newest_admitted())
            continue;
        if (say)
            violated("converge_epoch", "m%d stays at epoch %llu", m->id,
                     (unsigned long long)rotations()->of[m->id].n);
        return false;
    }
    return true;
}

static bool certifies(const struct leaf *l)
{
    return l->type == LEAF_GENESIS || l->type == LEAF_MEMBER || l->type == LEAF_RESTORED;
}

/* Keys that ever had a certificate; more of them than machines: some are nobody's now. */
static size_t keys_ever(void)
{
    const struct oracle *o = &world()->oracle;
    size_t n = 0;
    for (size_t i = 0; i < o->n_ever; i++) {
        bool again = !certifies(o->ever[i]) || terms_expel_key(&world()->terms, o->ever[i]->member_key.b);
        for (size_t k = 0; k < i && !again; k++)
            again =
                certifies(o->ever[k]) && memcmp(&o->ever[k]->member_key, &o->ever[i]->member_key, 32) == 0;
        n += !again;
    }
    return n;
}

static bool on_a_disk(const struct known_link *link)
{
    for (int i = 0; i < HOSTS_MAX; i++)
        if (sha256_eq(&rotations()->of[i].next.hash, &link->hash))
            return true;
    return false;
}

/* Two links of the next epoch, each held: neither may get a quorum. Nor may a second one when a member gave
 * its word for a first whose master no disk has any more. */
static bool torn(void)
{
    const struct said *first = NULL;
    bool two = false;
    for (size_t i = 0; i < rotations()->n_said; i++) {
        if (rotations()->said[i].link.epoch <= oracle_epoch_most())
            continue;
        two |= !on_a_disk(&rotations()->said[i].link);
        two |= first && !sha256_eq(&first->link.hash, &rotations()->said[i].link.hash);
        first = &rotations()->said[i];
    }
    return two;
}

bool oracle_epoch_may_rotate(void)
{
    const struct world *w = world();
    size_t members = 0;
    for (size_t i = 0; i < w->n; i++)
        members +=
            host_is_member(&w->m[i]) && goes_along(&w->m[i]) && rotations()->of[i].n == oracle_epoch_most();
    bool enough = w->quorum ? members >= w->quorum : keys_ever() <= w->n && 2 * members > w->n;
    return enough && !torn() && !w->split && oracle_epoch_most() < EPOCHS_MAX;
}
