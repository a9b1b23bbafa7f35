/* oracle_epoch.c - one master an epoch, of a quorum: who said that it has which master, and who goes by it.
 */
#include "tests/sim/oracle_epoch_parts.h"
#include "tests/sim/oracle_members.h"

#include <string.h>

struct rotations *rotations(void)
{
    static struct rotations all;
    return &all;
}

static bool same_master(const struct known_link *a, const struct known_link *b)
{
    return a->epoch == b->epoch && memcmp(&a->commit, &b->commit, sizeof a->commit) == 0;
}

uint64_t oracle_epoch_of(const struct host *m)
{
    return rotations()->of[m->id].n;
}

uint64_t oracle_epoch_most(void)
{
    uint64_t most = 1;
    for (int i = 0; i < HOSTS_MAX; i++)
        most = rotations()->of[i].n > most ? rotations()->of[i].n : most;
    return most;
}

/* ---- the quorum ---- */

/* The policies that it may go by: the last that it does for certain, and what its disk has of later ones. How
 * many of them there are, and how many expel that key. */
struct expelling {
    size_t policies, expel;
};
static struct expelling expelling(const struct host *m, const struct sign_pub *key)
{
    struct expelling e = { 0 };
    uint64_t first = oracle_holds(m), last = world()->oracle.log[m->id].policy;
    for (uint64_t i = first; i <= last || i == first; i++) {
        e.policies++;
        e.expel += terms_expel_key(oracle_terms(i), key->b);
    }
    return e;
}

static bool surely_expelled(const struct host *m, const struct sign_pub *key)
{
    struct expelling e = expelling(m, key);
    return e.expel == e.policies;
}

size_t epoch_holders(const struct host *m, const struct known_link *link)
{
    size_t n = 0;
    for (size_t i = 0; i < rotations()->n_said; i++) {
        bool again = !sha256_eq(&rotations()->said[i].link.hash, &link->hash) ||
                     surely_expelled(m, &rotations()->said[i].key);
        for (size_t k = 0; k < i && !again; k++)
            again = sha256_eq(&rotations()->said[k].link.hash, &link->hash) &&
                    memcmp(&rotations()->said[k].key, &rotations()->said[i].key,
                           sizeof rotations()->said[k].key) == 0;
        n += !again;
    }
    return n;
}

bool oracle_epoch_said(const struct sign_pub *key, const struct sha256 *link)
{
    for (size_t i = 0; i < rotations()->n_said; i++)
        if (sha256_eq(&rotations()->said[i].link.hash, link) &&
            memcmp(&rotations()->said[i].key, key, sizeof *key) == 0)
            return true;
    return false;
}

bool oracle_epoch_pulled(void)
{
    return rotations()->n_said > 0;
}

/* Machines that may have said it twice, as their disk does not know of the first time. */
static size_t forgetful(uint64_t epoch)
{
    bool is[HOSTS_MAX] = { 0 };
    size_t n = 0;
    for (size_t i = 0; i < rotations()->n_said; i++)
        is[rotations()->said[i].host] |=
            rotations()->said[i].forgotten && rotations()->said[i].link.epoch == epoch;
    for (int i = 0; i < HOSTS_MAX; i++)
        n += is[i];
    return n;
}

/* Without a number in policy it is more than half of those that the machine knows of, and that says of itself
 * which these are. */
size_t epoch_need(const struct host *m, const struct known_link *link)
{
    const struct world *w = world();
    size_t known = epoch_holders(m, link);
    if (w->quorum)
        return w->quorum;
    const struct listed *l = oracle_epoch_listed(m);
    for (size_t i = 0; i < l->n; i++)
        known += l->epoch[i] + 1 == link->epoch && !oracle_epoch_said(&l->key[i], &link->hash) &&
                 expelling(m, &l->key[i]).expel == 0;
    return known / 2 + 1;
}

/* Two masters of one epoch are in use. Two quorums share so many machines that more than are forgetful stay.
 */
static void two_masters(const struct host *m, uint64_t epoch)
{
    struct world *w = world();
    size_t shared = w->quorum ? 2 * w->quorum - w->n : 1;
    if (forgetful(epoch) < shared)
        violated("one_master", "m%d goes over to another master of epoch %llu than others did", m->id,
                 (unsigned long long)epoch);
    trace(m->id, "two masters of epoch %llu are in use, as %zu machines forgot what they said",
          (unsigned long long)epoch, forgetful(epoch));
    w->split = true;
}

void epoch_goes_over(const struct host *m, const struct known_link *link)
{
    struct known_link *first = &rotations()->active[link->epoch];
    if (first->epoch && !same_master(first, link)) {
        if (!world()->split)
            two_masters(m, link->epoch);
        return;
    }
    if (first->epoch || epoch_holders(m, link) >= epoch_need(m, link)) {
        *first = first->epoch ? *first : *link;
        return;
    }
    violated("epoch_quorum", "m%d goes over to epoch %llu, which %zu members hold, and %zu must", m->id,
             (unsigned long long)link->epoch, epoch_holders(m, link), epoch_need(m, link));
}
