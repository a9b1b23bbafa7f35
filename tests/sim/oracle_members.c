/* oracle_members.c - whom a policy expels gets nothing, gives nothing that counts, and forgets; under a
 * freeze nobody joins. */
#include "tests/sim/oracle_members.h"

#include "proto/signed.h"
#include "store/keystore.h"
#include "tests/sim/disk.h"
#include "tests/sim/net.h"

#include <string.h>

enum { SURE_US = 15 * 1000000 /* longer than a slow disk keeps whoever wrote a policy from going by it */ };

/* Rows of the store that stand in the clear, as store/keystore.c names them. */
static struct span clear_row(const struct host *m, enum keystore_clear what)
{
    const uint8_t key[] = { 'C', (uint8_t)what };
    return disk_row(m->disk, SPAN(key));
}

static const struct known_log *log_of(const struct host *m)
{
    return &world()->oracle.log[m->id];
}

const struct terms *oracle_terms(uint64_t policy)
{
    return &world()->policy[policy <= world()->policies ? policy : 0].terms;
}

static bool names_policy(enum leaf_type t)
{
    return t == LEAF_POLICY || t == LEAF_GENESIS || t == LEAF_MEMBER_SELF;
}

uint64_t oracle_holds(const struct host *m)
{
    const struct known_log *log = log_of(m);
    uint64_t sure = log->in_force;
    for (uint64_t i = log->n; i-- > 0;) {
        const struct known_leaf *k = &log->v[i];
        if (!names_policy(k->leaf->type) || k->leaf->policy_number <= sure || k->at + SURE_US > fiber_now())
            continue;
        sure = k->leaf->policy_number;
    }
    return sure;
}

/* ---- who is out ---- */

bool oracle_is_ended(const struct host *m)
{
    return clear_row(m, KC_EXPELLED).n > 0;
}

/* Do these terms expel the machine, or the member on its disk? */
static bool expel(const struct terms *t, const struct host *m)
{
    const struct known_log *log = log_of(m);
    return terms_expel_machine(t, m) || (log->n > 0 && terms_expel_key(t, log->member.b));
}

/* A policy that it has not come to yet may end it, whatever the ones after that say. */
bool oracle_is_out(const struct host *m)
{
    const struct world *w = world();
    for (uint64_t i = log_of(m)->policy; i <= w->policies; i++)
        if (i && expel(&w->policy[i].terms, m))
            return true;
    return oracle_is_ended(m) || expel(&w->terms, m);
}

/* ---- its disk ---- */

static void forgot(const struct host *m)
{
    static const enum keystore_clear secrets[] = { KC_MASTER_BUNDLE, KC_TPM_BLOB, KC_AHEAD, KC_EPOCH_NEXT };
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        if (clear_row(m, secrets[i]).n)
            violated("expelled_disk", "m%d is expelled, and its disk has row %d still", m->id, secrets[i]);
}

void oracle_members_written(const struct host *m, struct span key)
{
    if (key.n == 2 && key.p[0] == 'C' && key.p[1] == KC_EXPELLED)
        forgot(m);
}

/* Without masters it has no member key either: it joins under a new one. */
void oracle_members_back(struct host *m)
{
    if (!clear_row(m, KC_MASTER_BUNDLE).n)
        m->lost_at = world()->oracle.n_ever;
}

void oracle_members_boot(const struct host *m)
{
    world()->oracle.log[m->id].ended = oracle_is_ended(m);
    if (oracle_is_ended(m))
        forgot(m);
}

/* ---- what it answers, and what it is answered ---- */

static bool is_one_of(const struct packet *p, const char *const *paths, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p->path.n >= strlen(paths[i]) && memcmp(p->path.p, paths[i], strlen(paths[i])) == 0)
            return true;
    return false;
}

/* What is of use to others, or says something for this member. */
static bool is_act(const struct packet *p)
{
    static const char *const paths[] = { "/sealring/v1/release",
                                         "/sealring/v1/join/",
                                         "/sealring/v1/enrol",
                                         "/sealring/v1/packages",
                                         "/sealring/v1/sync/packages",
                                         "/sealring/v1/vouch",
                                         "/sealring/v1/witness/add-checkpoint" };
    return is_one_of(p, paths, sizeof paths / sizeof *paths);
}

static bool is_health(const struct packet *p)
{
    static const char *const paths[] = { "/healthz", "/metrics", "/sealring/v1/status" };
    return is_one_of(p, paths, sizeof paths / sizeof *paths);
}

/* The policy that it held as it was asked expels the key, and so does each that it may have taken meanwhile.
 */
static bool expelled_since(const struct host *m, const uint8_t key[32], uint64_t holds)
{
    for (uint64_t i = holds; i <= log_of(m)->policy || i == holds; i++)
        if (!terms_expel_key(oracle_terms(i), key))
            return false;
    return true;
}

static bool out_since(const struct host *m, uint64_t holds)
{
    for (uint64_t i = holds; i <= log_of(m)->policy || i == holds; i++)
        if (!expel(oracle_terms(i), m))
            return false;
    return true;
}

static void from_nobody_expelled(const struct host *m, const struct packet *p, uint64_t holds)
{
    struct signed_header h;
    if (p->authorization.n && signed_parse(buf_span(&p->authorization), &h, NULL) == SR_OK &&
        expelled_since(m, h.key.b, holds))
        violated("expelled_asks", "m%d answers %.*s to a member that policy %llu expels", m->id,
                 (int)p->path.n, (const char *)p->path.p, (unsigned long long)holds);
}

void oracle_members_answered(const struct host *m, const struct packet *p, const struct oracle_asked *asked,
                             struct span body)
{
    if (log_of(m)->ended && !is_health(p))
        violated("expelled_serves", "m%d was expelled, and answers %.*s", m->id, (int)p->path.n,
                 (const char *)p->path.p);
    if (is_act(p) && out_since(m, asked->holds))
        violated("expelled_serves", "m%d holds policy %llu, which expels it, and answers %.*s", m->id,
                 (unsigned long long)asked->holds, (int)p->path.n, (const char *)p->path.p);
    from_nobody_expelled(m, p, asked->holds);
    oracle_vouched(m, p, asked, body);
}

/* ---- joins ---- */

static void to_nobody_expelled(const struct granted *g)
{
    const struct host *to = host_of(g->p->from);
    const struct terms *t = oracle_terms(g->policy);
    if (terms_expel_key(t, g->key) || (to && terms_expel_machine(t, to)))
        violated("expelled_joins", "m%d lets m%d in, which policy %llu expels", g->by->id, g->p->from,
                 (unsigned long long)g->policy);
}

/* As the log says: a freeze counts before it is there, a thaw after. */
bool oracle_is_frozen(const struct host *m)
{
    const struct known_log *log = log_of(m);
    for (uint64_t i = log->n; i-- > 0;)
        if (log->v[i].leaf->type == LEAF_FREEZE)
            return strcmp(log->v[i].leaf->step, "freeze") == 0;
    return false;
}

static void not_frozen(const struct granted *g, bool here)
{
    if (here)
        violated("frozen_joins", "m%d is frozen, and lets m%d in", g->by->id, g->p->from);
    if (oracle_terms(g->policy)->frozen)
        violated("frozen_joins", "m%d lets m%d in, and policy %llu freezes joins", g->by->id, g->p->from,
                 (unsigned long long)g->policy);
}

void oracle_granted(const struct granted *g)
{
    to_nobody_expelled(g);
    not_frozen(g, oracle_is_frozen(g->by));
    oracle_served(g->by, g->policy, fiber_now());
    oracle_in_time(g);
}

void oracle_pulled(const struct granted *g)
{
    to_nobody_expelled(g);
}

void oracle_confirmed(const struct granted *g)
{
    to_nobody_expelled(g);
    not_frozen(g, g->asked->frozen);
    oracle_served(g->by, g->policy, g->asked->at);
}

/* ---- at the end ---- */

bool oracle_expelled_gone(bool say)
{
    struct world *w = world();
    for (size_t i = 0; i < w->n; i++) {
        const struct host *m = &w->m[i];
        bool due = log_of(m)->n > 0 && expel(&w->terms, m) && !(w->need && m->rolled);
        if (due && say && !oracle_is_ended(m))
            violated("converge_expelled", "m%d does not know that it is expelled", m->id);
        if (due && !oracle_is_ended(m))
            return false;
    }
    return true;
}
