/* oracle_end.c - what was promised to people, restarts, and whether all members agree once all is quiet. */
#include "node/secrets.h"
#include "tests/sim/disk.h"
#include "tests/sim/oracle_epoch.h"
#include "tests/sim/oracle_members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VERSIONS_MAX = 256 }; /* of derived keys */

/* ---- promises ---- */

void oracle_made(const char *path, uint64_t version, const struct sha256 *hash)
{
    struct oracle *o = &world()->oracle;
    if (o->n_made == MADE_MAX)
        abort();
    struct made *m = &o->made[o->n_made++];
    *m = (struct made){ .version = version, .hash = *hash };
    snprintf(m->path, sizeof m->path, "%s", path);
}

void oracle_acked(const struct sha256 *hash)
{
    struct oracle *o = &world()->oracle;
    for (size_t i = 0; i < o->n_made; i++)
        if (sha256_eq(&o->made[i].hash, hash))
            o->made[i].acked = true;
}

static bool on_disk(const struct known_log *log, const struct made *m)
{
    if (!m->path[0])
        return log->policy >= m->version;
    for (uint64_t i = 0; i < log->n; i++)
        if (sha256_eq(&log->v[i].leaf->package, &m->hash))
            return true;
    return false;
}

static bool remembers(const struct host *m)
{
    return !(world()->need && m->rolled);
}

static bool reachable(const struct host *m)
{
    return remembers(m) && !oracle_epoch_apart(m);
}

/* Is there a disk with this one, or with one of the path that takes its place? */
static bool survives(const struct made *m, bool (*counts)(const struct host *))
{
    const struct world *w = world();
    for (size_t i = 0; i < w->oracle.n_made; i++) {
        const struct made *other = &w->oracle.made[i];
        if (strcmp(other->path, m->path) != 0 || other->version < m->version ||
            (other->version == m->version && memcmp(&other->hash, &m->hash, sizeof m->hash) > 0))
            continue;
        for (size_t k = 0; k < w->n; k++)
            if (counts(&w->m[k]) && !oracle_is_out(&w->m[k]) && on_disk(&w->oracle.log[k], other))
                return true;
    }
    return false;
}

void oracle_excuse(void)
{
    struct oracle *o = &world()->oracle;
    for (size_t i = 0; i < o->n_made; i++)
        o->made[i].excused |= !survives(&o->made[i], remembers);
}

uint64_t oracle_newest(const struct host *m, const char *path)
{
    const struct world *w = world();
    uint64_t newest = 0;
    for (size_t i = 0; i < w->oracle.n_made; i++) {
        const struct made *one = &w->oracle.made[i];
        if (strcmp(one->path, path) == 0 && one->version > newest && on_disk(&w->oracle.log[m->id], one))
            newest = one->version;
    }
    return newest;
}

/* Two of one version: the later one in the log took the other's place. */
bool oracle_readable(const struct host *m, const char *path)
{
    const struct known_log *log = &world()->oracle.log[m->id];
    uint64_t newest = oracle_newest(m, path);
    bool value = false;
    for (uint64_t i = 0; i < log->n; i++)
        for (size_t k = 0; k < world()->oracle.n_made; k++) {
            const struct made *one = &world()->oracle.made[k];
            if (one->version == newest && strcmp(one->path, path) == 0 &&
                sha256_eq(&log->v[i].leaf->package, &one->hash))
                value = log->v[i].leaf->type == LEAF_PUT;
        }
    return value;
}

void oracle_released(const struct host *m, const struct released_value *r)
{
    char begins[64];
    int n = snprintf(begins, sizeof begins, "%s@%llu#", r->path, (unsigned long long)r->version);
    if (r->value.n < (size_t)n || memcmp(r->value.p, begins, (size_t)n) != 0)
        violated("released_value", "m%d gives something else as version %llu of %s", m->id,
                 (unsigned long long)r->version, r->path);
    if (r->version < r->least && !m->tainted)
        violated("released_newest", "m%d gives version %llu of %s and had %llu", m->id,
                 (unsigned long long)r->version, r->path, (unsigned long long)r->least);
}

void oracle_derived(const struct host *m, uint64_t version, struct span value)
{
    static struct sha256 first[VERSIONS_MAX];
    static bool there[VERSIONS_MAX];
    struct sha256 is = sha256(value);
    if (!world()->split && version < VERSIONS_MAX && there[version] && !sha256_eq(&first[version], &is))
        violated("derived_same", "m%d derives another key of version %llu than was derived before", m->id,
                 (unsigned long long)version);
    if (version < VERSIONS_MAX) {
        there[version] = true;
        first[version] = is;
    }
}

/* ---- restarts ---- */

void oracle_boot(struct host *m)
{
    oracle_epoch_boot(m);
    world()->oracle.log[m->id].disturbed = false;
    oracle_members_boot(m);
}

void oracle_disturbed(int host)
{
    world()->oracle.log[host].disturbed = true;
}

void oracle_failed_start(struct host *m, enum sr_err e, const struct sr_why *why)
{
    if (!world()->oracle.log[m->id].disturbed && !m->refuses)
        violated("starts_again", "m%d ends on an error of its own: %s, %s", m->id, sr_strerror(e), why->text);
}

/* ---- agreement ---- */

/* With witnesses in policy a machine that was brought back may be told to serve no more: it takes no part. */
static struct core *core_of(const struct host *m)
{
    bool takes_part = host_is_member(m) && !(world()->need && m->rolled) && !oracle_epoch_apart(m);
    return takes_part ? atomic_load(&m->node->core) : NULL;
}

static bool differs(bool say, const char *what, const struct host *m)
{
    if (say)
        violated(what, "m%d does not agree with the others", m->id);
    return false;
}

/* Whoever may be a member is one. */
static bool all_members(bool say)
{
    struct world *w = world();
    for (size_t i = 0; i < w->n; i++) {
        const struct host *m = &w->m[i];
        struct core *c = core_of(m);
        if (!c && (!oracle_may_join(m) || (w->need && m->rolled)))
            continue;
        if (!c || !journal_healthy(c->journal))
            return differs(say, "converge_members", m);
    }
    return true;
}

static bool same_policy(bool say)
{
    struct world *w = world();
    for (size_t i = 0; i < w->n; i++) {
        struct core *c = core_of(&w->m[i]);
        if (!c)
            continue;
        SR_OWN(policy_hold) now = policy_holder_get(c->policy);
        if (policy_number(now.p) != w->policies)
            return differs(say, "converge_policy", &w->m[i]);
    }
    return true;
}

static bool know_each_other(bool say)
{
    struct world *w = world();
    for (size_t i = 0; i < w->n; i++)
        for (size_t k = 0; k < w->n; k++) {
            struct core *a = core_of(&w->m[i]), *b = core_of(&w->m[k]);
            SR_OWN(policy_hold) now = { 0 };
            if (a)
                now = policy_holder_get(a->policy);
            if (a && b && !members_has_key(a->members, &b->home.member_pub, now.p))
                return differs(say, "converge_known", &w->m[i]);
        }
    return true;
}

static bool same_packages(bool say)
{
    struct world *w = world();
    SR_OWN(buf) first = { 0 };
    for (size_t i = 0; i < w->n; i++) {
        struct core *c = core_of(&w->m[i]);
        SR_OWN(buf) one = { 0 };
        struct sr_why why = { 0 };
        if (!c)
            continue;
        if (secrets_digest(c->secrets, &one, &why) != SR_OK)
            return differs(say, "converge_packages", &w->m[i]);
        if (!first.n)
            first = SR_TAKE(one);
        else if (!span_eq(buf_span(&first), buf_span(&one)))
            return differs(say, "converge_packages", &w->m[i]);
    }
    return true;
}

/* An acknowledged put is there, or a later version is, or one of the same number and a lower hash. */
static bool kept_by(struct core *c, const struct made *m)
{
    struct secrets_newest now;
    struct sr_why why = { 0 };
    if (secrets_newest(c->secrets, SPAN_STR("demo"), span_of(m->path), &now, &why) != SR_OK || !now.there)
        return false;
    return now.version > m->version ||
           (now.version == m->version && memcmp(&now.hash, &m->hash, sizeof now.hash) <= 0);
}

static bool must_be_kept(const struct made *m)
{
    return m->acked && !m->excused && m->path[0] && survives(m, reachable);
}

static bool nothing_lost(bool say)
{
    struct world *w = world();
    for (size_t i = 0; i < w->oracle.n_made; i++) {
        const struct made *one = &w->oracle.made[i];
        for (size_t k = 0; k < w->n && must_be_kept(one); k++) {
            struct core *c = core_of(&w->m[k]);
            if (c && !kept_by(c, one))
                return differs(say, "acked_lost", &w->m[k]);
        }
    }
    return true;
}

static bool (*const rows[])(bool) = { oracle_expelled_gone,  all_members,   same_policy,
                                      know_each_other,       same_packages, nothing_lost,
                                      oracle_epoch_converged };

bool oracle_converged(bool say)
{
    if (world()->split)
        return true;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!rows[i](say))
            return false;
    return true;
}
