/* oracle_delay.c - what a policy newly lets in waits as long as the one before says. */
#include "tests/sim/oracle_members.h"

#include "tests/sim/net.h"

enum { SECOND_MS = 1000, SLACK_MS = 15000 /* between the clocks' looks and the disk */ };

/* Where this member took that policy, or was born with a later one. */
static const struct known_leaf *taken(const struct known_log *log, uint64_t policy)
{
    for (uint64_t i = 1; i < log->n; i++)
        if (log->v[i].leaf->type == LEAF_POLICY && log->v[i].leaf->policy_number == policy)
            return &log->v[i];
    return &log->v[0];
}

static bool started_after(const struct known_log *log, const struct known_leaf *k)
{
    for (const struct known_leaf *i = k + 1; i < log->v + log->n; i++)
        if (i->leaf->type == LEAF_START)
            return true;
    return k == log->v; /* what is from before its birth was learnt later */
}

/* A wait that was over once does not begin again when the clock is set back. */
static uint64_t latest(const struct known_log *log, const struct known_leaf *k, uint64_t now_s)
{
    for (const struct known_leaf *i = k + 1; i < log->v + log->n; i++)
        now_s = i->leaf->time > now_s ? i->leaf->time : now_s;
    return now_s;
}

/* Both clocks have to have passed it; the one that nobody sets as long as the process lives. */
static bool has_waited(const struct granted *g, const struct known_leaf *k, uint64_t delay_s)
{
    const struct known_log *log = &world()->oracle.log[g->by->id];
    if (k->leaf->type ==
        LEAF_RESTORED) /* when it took that is kept with the state, and in the log that ended */
        return true;
    uint64_t boot_ms = (g->asked->at - k->at) / 1000 + g->by->suspended_ms + SLACK_MS;
    bool wall = latest(log, k, g->asked->wall_s) + SLACK_MS / SECOND_MS >= k->leaf->time + delay_s;
    return wall && (started_after(log, k) || boot_ms >= delay_s * SECOND_MS);
}

static bool admits(const struct terms *t, const struct host *m)
{
    return !terms_expel_machine(t, m) && (m->code == CODE_GOOD || t->odd);
}

void oracle_in_time(const struct granted *g)
{
    const struct host *to = host_of(g->p->from);
    const struct known_log *log = &world()->oracle.log[g->by->id];
    for (uint64_t q = 1; to && q < g->policy; q++) {
        const struct terms *t = oracle_terms(q);
        if (t->delay_s && !admits(t, to) && !has_waited(g, taken(log, q + 1), t->delay_s))
            violated("join_delay",
                     "m%d lets m%d in, which policy %llu does not, %u s before its successors count",
                     g->by->id, to->id, (unsigned long long)q, t->delay_s);
    }
}

/* A member that took such a policy when its clock was ahead waits until that time comes. */
bool oracle_may_wait(const struct host *m)
{
    const struct world *w = world();
    bool ahead = false, shut = false;
    for (size_t i = 0; i < w->n; i++)
        ahead |= w->m[i].was_ahead;
    for (uint64_t q = 1; q <= w->policies; q++)
        shut |= oracle_terms(q)->delay_s && !admits(oracle_terms(q), m);
    return ahead && shut;
}

bool oracle_may_join(const struct host *m)
{
    const struct world *w = world();
    return w->policy[w->policies].admits[m->code] && !oracle_is_out(m) && !oracle_may_wait(m);
}
