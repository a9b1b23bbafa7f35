/* oracle_net.c - what leaves a machine, held against what lies on its disk at that moment. */
#include "crypto/text.h"
#include "node/clock.h"
#include "proto/log.h"
#include "proto/package.h"
#include "proto/release_wire.h"
#include "proto/witness.h"
#include "tests/sim/oracle_backup.h"
#include "tests/sim/oracle_epoch.h"
#include "tests/sim/oracle_members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A checkpoint that somebody has seen. */
struct shown_head {
    struct sign_pub member;
    uint64_t size;
    struct sha256 root;
};
enum { SHOWN_MAX = 4096 };

/* One answer of 200. */
struct answered {
    struct host *m;
    const struct packet *p;
    const struct oracle_asked *asked;
    const struct known_log *log;
    struct span body;
};

struct oracle_asked oracle_asked(struct host *m, const struct packet *p)
{
    (void)p;
    return (struct oracle_asked){ .policy = world()->oracle.log[m->id].in_force,
                                  .holds = oracle_holds(m),
                                  .at = fiber_now(),
                                  .wall_s = clock_unix(),
                                  .frozen = oracle_is_frozen(m),
                                  .epoch = oracle_epoch_in_use(m) };
}

/* ---- checkpoints ---- */

static void against_others(const struct host *m, const struct known_log *log, const struct checkpoint *c)
{
    struct oracle *o = &world()->oracle;
    if (!o->shown)
        o->shown = calloc(SHOWN_MAX, sizeof *o->shown);
    for (size_t i = 0; o->shown && i < o->n_shown; i++) {
        const struct shown_head *was = &o->shown[i];
        if (was->size != c->size || memcmp(&was->member, &log->member, sizeof was->member) != 0)
            continue;
        if (sha256_eq(&was->root, &c->root))
            return;
        if (!m->tainted)
            violated("one_head", "m%d showed two heads of size %llu", m->id, (unsigned long long)c->size);
    }
    if (o->shown && o->n_shown < SHOWN_MAX)
        o->shown[o->n_shown++] = (struct shown_head){ log->member, c->size, c->root };
}

static void shown(const struct answered *a, struct span note)
{
    struct checkpoint c;
    struct sr_why why = { 0 };
    SR_OWN(buf) origin = { 0 };
    struct sha256 cid;
    struct member_id id = member_id_of(&a->log->member);
    cid = atomic_load(&a->m->node->core)->home.cid;
    log_origin(&cid, id.b, &origin);
    wr_u8(&origin, 0);
    if (checkpoint_open(note, (const char *)origin.p, &a->log->member, &c, &why) != SR_OK)
        violated("head_signed", "m%d: %s", a->m->id, why.text);
    if (c.size > a->log->n || (c.size && !sha256_eq(&c.root, &a->log->v[c.size - 1].root)))
        violated("head_durable", "m%d shows a head of size %llu, and its disk has %llu leaves", a->m->id,
                 (unsigned long long)c.size, (unsigned long long)a->log->n);
    against_others(a->m, a->log, &c);
}

static void has_leaf(const struct answered *a, uint64_t index, struct span leaf, const char *invariant)
{
    struct sha256 hash = merkle_leaf(leaf);
    if (index >= a->log->n || !sha256_eq(&a->log->v[index].hash, &hash))
        violated(invariant, "m%d answers %.*s, and leaf %llu is not on its disk", a->m->id, (int)a->p->path.n,
                 (const char *)a->p->path.p, (unsigned long long)index);
}

/* ---- what left, witnessed ---- */

struct left_leaf {
    struct sign_pub member;
    uint64_t index;
    struct sha256 hash;
    unsigned remember; /* others that have seen a head over it, at least */
};
enum { LEFT_MAX = 4096 };

void oracle_forgets(const struct host *m)
{
    struct oracle *o = &world()->oracle;
    for (size_t i = 0; i < o->n_left; i++)
        if (o->left[i].remember && memcmp(&o->left[i].member, &o->log[m->id].member, 32) != 0)
            o->left[i].remember--;
}

/* By machines other than this one, under whatever key they had, but for members that the policy expels: those
 * that it knows of are among them. */
static bool cosigned(const struct answered *a, const struct w3 *w, struct sr_why *why)
{
    const struct world *all = world();
    struct witness_pin pin = { .need = all->need };
    const struct terms *terms = oracle_terms(a->log->v[w->leaf_index].leaf->policy_number);
    for (size_t i = 0; i < all->oracle.n_ever && pin.n < WITNESS_PINS_MAX; i++) {
        const struct leaf *l = all->oracle.ever[i];
        bool begins = l->type == LEAF_GENESIS || l->type == LEAF_MEMBER_SELF || l->type == LEAF_RESTORED;
        if (begins && !terms_expel_key(terms, l->member_key.b) &&
            memcmp(l->member_key.b, a->log->member.b, sizeof l->member_key.b) != 0)
            memcpy(pin.key[pin.n++].b, l->member_key.b, sizeof l->member_key.b);
    }
    const struct sha256 cid = atomic_load(&a->m->node->core)->home.cid;
    return pin.n == WITNESS_PINS_MAX ||
           witness_pin_check(&pin, &cid, w->checkpoint, w->leaf_index, why) == SR_OK;
}

/* All that left before, under this log's key, is in the history of what leaves now. */
static void one_history(const struct answered *a)
{
    const struct world *w = world();
    const struct oracle *o = &w->oracle;
    for (size_t i = 0; i < o->n_left; i++) {
        const struct left_leaf *l = &o->left[i];
        if (memcmp(&l->member, &a->log->member, sizeof l->member) != 0 || l->remember + w->restart < w->n)
            continue;
        if (l->index >= a->log->n || !sha256_eq(&a->log->v[l->index].hash, &l->hash))
            violated("one_history", "m%d releases under a log without leaf %llu, under which it released",
                     a->m->id, (unsigned long long)l->index);
    }
}

static void witnessed(const struct answered *a, const struct w3 *w)
{
    struct oracle *o = &world()->oracle;
    struct sr_why why = { 0 };
    if (!world()->need)
        return;
    if (!cosigned(a, w, &why))
        violated("quorum", "m%d releases, and %s", a->m->id, why.text);
    one_history(a);
    if (!o->left)
        o->left = calloc(LEFT_MAX, sizeof *o->left);
    if (o->left && o->n_left < LEFT_MAX)
        o->left[o->n_left++] =
            (struct left_leaf){ a->log->member, w->leaf_index, merkle_leaf(w->leaf), world()->need };
}

/* ---- the rules, by path ---- */

static struct granted granted_of(const struct answered *a, uint64_t policy, const struct sign_pub *key)
{
    return (struct granted){ a->m, a->p, a->asked, policy, key->b };
}

static struct sign_pub joiner_of(const struct packet *p)
{
    static struct m3 m;
    if (m3_decode(buf_span(&p->body), &m, NULL) != SR_OK)
        violated("harness", "M3 can't be read");
    return m.member_key;
}

/* ?epoch=N: for a member that has not these masters yet. */
static bool is_pull(const struct answered *a)
{
    return memchr(a->p->path.p, '?', a->p->path.n) != NULL;
}

static void m4_left(const struct answered *a)
{
    static struct m4 m;
    const struct leaf *l = NULL;
    if (m4_decode(a->body, &m, NULL) != SR_OK)
        violated("harness", "M4 can't be read");
    struct sha512 hash = sha512(m.ct);
    for (uint64_t i = 0; i < a->log->n; i++)
        if (a->log->v[i].leaf->type == LEAF_JOIN_GRANTED &&
            memcmp(&a->log->v[i].leaf->ct_hash, &hash, sizeof hash) == 0)
            l = a->log->v[i].leaf;
    if (!l)
        violated("grant_logged", "m%d gives the masters away and its disk has no leaf", a->m->id);
    const struct host *to = host_of(a->p->from);
    const struct kept_policy *policy = &world()->policy[l->policy_number];
    if (to && !(is_pull(a) ? policy->takes : policy->admits)[to->code])
        violated("policy_admits", "m%d gives the masters to m%d, which policy %llu denies", a->m->id, to->id,
                 (unsigned long long)l->policy_number);
    if (l->policy_number < a->asked->policy)
        violated("policy_monotone", "m%d grants under policy %llu of the past", a->m->id,
                 (unsigned long long)l->policy_number);
    const struct sign_pub joiner = joiner_of(a->p);
    const struct granted g = granted_of(a, l->policy_number, &joiner);
    (is_pull(a) ? oracle_pulled : oracle_granted)(&g);
    shown(a, m.checkpoint);
}

static void m6_left(const struct answered *a)
{
    static struct m6 m;
    if (m6_decode(a->body, &m, NULL) != SR_OK)
        violated("harness", "M6 can't be read");
    has_leaf(a, m.leaf_index, m.leaf, "member_logged");
    const struct leaf *l = a->log->v[m.leaf_index].leaf;
    struct sign_pub joiner;
    memcpy(joiner.b, l->member_key.b, sizeof joiner.b);
    const struct granted g = granted_of(a, l->policy_number, &joiner);
    (is_pull(a) ? oracle_pulled : oracle_confirmed)(&g);
    shown(a, m.checkpoint);
}

static void w3_left(const struct answered *a)
{
    static struct w3 w;
    if (w3_decode(a->body, &w, NULL) != SR_OK)
        violated("harness", "W3 can't be read");
    has_leaf(a, w.leaf_index, w.leaf, "release_logged");
    if (a->log->v[w.leaf_index].leaf->policy_number < a->asked->policy)
        violated("policy_monotone", "m%d releases under a policy of the past", a->m->id);
    oracle_served(a->m, a->log->v[w.leaf_index].leaf->policy_number, fiber_now());
    shown(a, w.checkpoint);
    witnessed(a, &w);
}

static void checkpoint_left(const struct answered *a)
{
    shown(a, a->body);
}

static bool has_package(const struct known_log *log, const struct sha256 *hash)
{
    for (uint64_t i = 0; i < log->n; i++)
        if (sha256_eq(&log->v[i].leaf->package, hash))
            return true;
    return false;
}

static void put_acked(const struct answered *a)
{
    struct package p;
    static const char stored[] = "\"stored\":true";
    if (a->p->method != POST || !memmem(a->body.p, a->body.n, stored, sizeof stored - 1))
        return;
    if (package_read(buf_span(&a->p->body), &p, NULL) != SR_OK || !has_package(a->log, &p.hash))
        violated("ack_durable", "m%d says that it stored what is not on its disk", a->m->id);
}

static void policy_acked(const struct answered *a)
{
    SR_OWN(json_doc) doc = { 0 };
    if (a->p->method != POST || json_parse(a->body, &doc, NULL) != SR_OK)
        return;
    uint64_t number = json_u64(json_get(json_root(&doc), "number")); /* of what is in force by now */
    if (number < a->asked->policy)
        violated("policy_monotone", "m%d goes by policy %llu after %llu", a->m->id,
                 (unsigned long long)number, (unsigned long long)a->asked->policy);
    if (number > a->log->policy)
        violated("ack_durable", "m%d says that policy %llu is in force, its disk has %llu", a->m->id,
                 (unsigned long long)number, (unsigned long long)a->log->policy);
    world()->oracle.log[a->m->id].in_force = number;
}

static const struct {
    const char *path;
    void (*check)(const struct answered *);
} rules[] = {
    { "/sealring/v1/join/attest", m4_left }, { "/sealring/v1/join/confirm", m6_left },
    { "/sealring/v1/release", w3_left },     { "/sealring/v1/packages", put_acked },
    { "/sealring/v1/policy", policy_acked },
};

/* What a node answers before it is a member. */
static bool is_health(struct span path)
{
    return span_eq(path, SPAN_STR("/healthz")) || span_eq(path, SPAN_STR("/metrics")) ||
           span_eq(path, SPAN_STR("/sealring/v1/status"));
}

static bool is_checkpoint(struct span path)
{
    static const char end[] = "/checkpoint";
    size_t n = sizeof end - 1;
    return path.n > n && memcmp(path.p + path.n - n, end, n) == 0;
}

void oracle_answered(struct host *m, const struct packet *p, const struct oracle_asked *asked,
                     const struct reply *r)
{
    struct answered a = { m, p, asked, &world()->oracle.log[m->id], { r->body, r->n } };
    struct span path = buf_span(&p->path);
    if (r->status != 200)
        return;
    oracle_members_answered(m, p, asked, a.body);
    if (a.log->n == 0 && !is_health(path))
        violated("provisional_serves", "m%d answers %.*s and is no member", m->id, (int)path.n,
                 (const char *)path.p);
    if (is_checkpoint(path))
        checkpoint_left(&a);
    oracle_backup_left(m, p, a.body);
    oracle_epoch_left(m, p, asked, a.body);
    const uint8_t *query = memchr(path.p, '?', path.n);
    path.n = query ? (size_t)(query - path.p) : path.n;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (span_eq(path, span_of(rules[i].path)))
            rules[i].check(&a);
}
