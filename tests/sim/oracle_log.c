/* oracle_log.c - the logs as they lie on the disks, leaf by leaf, against a table of rules. */
#include "proto/note.h"
#include "store/keystore.h"
#include "tests/sim/disk.h"
#include "tests/sim/oracle_backup.h"
#include "tests/sim/oracle_epoch.h"
#include "tests/sim/oracle_members.h"

#include <stdlib.h>
#include <string.h>

static struct known_log *log_of(const struct host *m)
{
    return &world()->oracle.log[m->id];
}

void oracle_new(void)
{
    struct world *w = world();
    w->oracle.log = calloc(w->n, sizeof *w->oracle.log);
    for (size_t i = 0; w->oracle.log && i < w->n; i++)
        w->oracle.log[i].v = calloc(LEAVES_MAX, sizeof *w->oracle.log[i].v);
}

static bool ever(bool (*is)(const struct leaf *, const void *), const void *what)
{
    const struct oracle *o = &world()->oracle;
    for (size_t i = 0; i < o->n_ever; i++)
        if (is(o->ever[i], what))
            return true;
    return false;
}

/* ---- the rules; each ends the run when it does not hold ---- */

static void introduces(const struct seen *s)
{
    bool intro = s->l->type == LEAF_GENESIS || s->l->type == LEAF_MEMBER_SELF ||
                 s->l->type == LEAF_RECOVERY || s->l->type == LEAF_RESTORED;
    if (intro != (s->index == 0))
        violated("log_first", "m%d: leaf %llu is of type %s", s->m->id, (unsigned long long)s->index,
                 leaf_type_text(s->l->type));
    if (s->l->type == LEAF_GENESIS && s->m->id != 0)
        violated("log_first", "m%d begins a network", s->m->id);
}

static bool admits_key(const struct leaf *l, const void *key)
{
    return l->type == LEAF_MEMBER && memcmp(l->member_key.b, key, sizeof l->member_key.b) == 0;
}

/* Membership stands in the granter's log before the member's own log begins. */
static void member_after_log(const struct seen *s)
{
    if (s->l->type == LEAF_MEMBER_SELF && !ever(admits_key, s->l->member_key.b))
        violated("member_logged", "m%d is a member that no granter's log has", s->m->id);
}

static void policy_ascends(const struct seen *s)
{
    uint64_t now = s->log->policy, next = s->l->policy_number;
    if (s->l->type != LEAF_POLICY)
        return;
    if (next < 1 || next > world()->policies || (now && next != now + 1) ||
        !sha256_eq(&s->l->policy_hash, &world()->policy[next].hash))
        violated("policy_monotone", "m%d: policy %llu after %llu", s->m->id, (unsigned long long)next,
                 (unsigned long long)now);
}

struct transcript {
    enum leaf_type type;
    struct sha512 th;
};

static bool has_transcript(const struct leaf *l, const void *what)
{
    const struct transcript *t = what;
    return l->type == t->type && memcmp(&l->transcript, &t->th, sizeof t->th) == 0;
}

/* A transcript has its nonce in it: nothing is granted, confirmed or released over the same one twice. */
static void nonce_once(const struct seen *s)
{
    const struct transcript t = { s->l->type, s->l->transcript };
    if ((t.type == LEAF_RELEASE || t.type == LEAF_JOIN_GRANTED || t.type == LEAF_MEMBER) &&
        ever(has_transcript, &t))
        violated("nonce_once", "m%d: leaf %llu (%s) is about an exchange that a leaf is about already",
                 s->m->id, (unsigned long long)s->index, leaf_type_text(t.type));
}

static bool admits_digest(uint64_t policy, const struct sha256 *measurement)
{
    const struct world *w = world();
    for (int c = 0; c < CODES; c++) {
        struct sha256 digest = code_digest((enum code)c);
        if (sha256_eq(&digest, measurement))
            return policy <= w->policies &&
                   (w->policy[policy].admits[c] || (w->policy[policy].takes[c] && oracle_epoch_pulled()));
    }
    return false;
}

static void grant_by_policy(const struct seen *s)
{
    if (s->l->type == LEAF_JOIN_GRANTED && !admits_digest(s->l->policy_number, &s->l->measurement))
        violated("policy_admits", "m%d grants what policy %llu denies", s->m->id,
                 (unsigned long long)s->l->policy_number);
}

static bool begins_with(const struct leaf *l, const void *key)
{
    return (l->type == LEAF_GENESIS || l->type == LEAF_MEMBER_SELF || l->type == LEAF_RESTORED) &&
           memcmp(l->member_key.b, key, sizeof l->member_key.b) == 0;
}

bool oracle_began(const struct sign_pub *key)
{
    return ever(begins_with, key->b);
}

/* Confirmed under the policy in force, which admits that machine's code; a freeze stops no member. */
static void member_by_policy(const struct seen *s)
{
    const struct host *of = s->l->type == LEAF_MEMBER ? host_at(s->l->address) : NULL;
    const struct kept_policy *p = &world()->policy[s->l->policy_number];
    if (of && !(ever(begins_with, s->l->member_key.b) ? p->takes : p->admits)[of->code])
        violated("policy_admits", "m%d confirms m%d, which policy %llu denies", s->m->id, of->id,
                 (unsigned long long)s->l->policy_number);
}

static bool is_package(const struct leaf *l)
{
    return l->type == LEAF_PUT || l->type == LEAF_DELETE;
}

/* A path's versions go up; of two with one number the lower hash stays. */
static void versions_ascend(const struct seen *s)
{
    for (uint64_t i = s->index; is_package(s->l) && i-- > 0;) {
        const struct leaf *was = s->log->v[i].leaf;
        if (!is_package(was) || !sha256_eq(&was->key, &s->l->key))
            continue;
        if (s->l->version < was->version ||
            (s->l->version == was->version && memcmp(&s->l->package, &was->package, 32) >= 0))
            violated("versions_ascend", "m%d: version %llu of a path after %llu", s->m->id,
                     (unsigned long long)s->l->version, (unsigned long long)was->version);
        return;
    }
}

static void (*const rules[])(const struct seen *) = {
    introduces,      member_after_log, policy_ascends,  nonce_once,
    grant_by_policy, member_by_policy, versions_ascend, oracle_epoch_leaf,
};

/* ---- a leaf becomes durable ---- */

static void remember(const struct leaf *l)
{
    struct oracle *o = &world()->oracle;
    if (o->n_ever == o->cap_ever) {
        o->cap_ever = 2 * o->cap_ever + 64;
        o->ever = reallocarray(o->ever, o->cap_ever, sizeof *o->ever);
    }
    if (!o->ever)
        abort();
    o->ever[o->n_ever++] = l;
    o->releases += l->type == LEAF_RELEASE;
    o->grants += l->type == LEAF_JOIN_GRANTED;
    o->members += l->type == LEAF_MEMBER;
    o->puts += is_package(l);
    o->policies += l->type == LEAF_POLICY;
}

static const struct leaf *append(struct known_log *log, const struct leaf *l, const struct sha256 *hash)
{
    struct leaf *kept = malloc(sizeof *kept);
    if (!kept || log->n == LEAVES_MAX)
        abort();
    *kept = *l;
    (void)!merkle_append(&log->tree, hash);
    log->v[log->n++] = (struct known_leaf){
        .hash = *hash, .root = merkle_root(&log->tree), .leaf = kept, .at = fiber_now()
    };
    if (log->n == 1)
        memcpy(log->member.b, l->member_key.b, sizeof log->member.b);
    if (l->type == LEAF_POLICY)
        log->policy = l->policy_number;
    if (l->type == LEAF_GENESIS || l->type == LEAF_MEMBER_SELF ||
        l->type == LEAF_RESTORED) /* the one that it was born with */
        log->policy = l->policy_number;
    return kept;
}

static void read_row(const struct host *m, uint64_t index, struct span row, struct leaf *ret,
                     struct sha256 *ret_hash)
{
    if (row.n < 32 || leaf_decode((struct span){ row.p + 32, row.n - 32 }, ret, NULL) != SR_OK)
        violated("log_leaf", "m%d: leaf %llu can't be read", m->id, (unsigned long long)index);
    memcpy(ret_hash->b, row.p, sizeof ret_hash->b);
}

/* The log that was there has ended, and all have its leaves up to there from the backup. */
static void begin_anew(const struct host *m, const struct leaf *l)
{
    struct known_log *log = log_of(m);
    oracle_restored(m, l);
    oracle_epoch_renamed(m, &l->member_key);
    *log = (struct known_log){ .v = log->v };
}

static void take_leaf(struct host *m, uint64_t index, struct span row)
{
    static struct leaf l;
    struct known_log *log = log_of(m);
    struct sha256 hash;
    read_row(m, index, row, &l, &hash);
    if (index == 0 && l.type == LEAF_RESTORED && !(log->n && sha256_eq(&log->v[0].hash, &hash)))
        begin_anew(m, &l);
    if (index > log->n || (index < log->n && !sha256_eq(&log->v[index].hash, &hash)))
        violated("log_append_only", "m%d: leaf %llu is written when there are %llu", m->id,
                 (unsigned long long)index, (unsigned long long)log->n);
    if (index < log->n)
        return;
    struct seen s = { m, log, index, &l };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        rules[i](&s);
    remember(append(log, &l, &hash));
    trace(m->id, "durable: leaf %llu, %s", (unsigned long long)index, leaf_type_text(l.type));
}

static uint64_t index_of(struct span key)
{
    struct reader r = rd_init((struct span){ key.p + 1, key.n - 1 });
    return rd_u64be(&r);
}

void oracle_written(int host, struct span key, struct span value)
{
    if (host_of(host)->restoring)
        return;
    if (key.n == 9 && key.p[0] == KR_LEAF)
        take_leaf(host_of(host), index_of(key), value);
    oracle_members_written(host_of(host), key);
    oracle_epoch_written(host_of(host), key, value);
}

/* The rules have seen these leaves; what comes after may differ from what was cut off. */
void oracle_back(struct host *m)
{
    static struct leaf l;
    struct known_log *log = log_of(m);
    *log = (struct known_log){ .v = log->v };
    for (;;) {
        struct sha256 hash;
        SR_OWN(buf) key = { 0 };
        wr_u8(&key, KR_LEAF);
        wr_u64be(&key, log->n);
        struct span row = disk_row(m->disk, buf_span(&key));
        if (!row.n)
            break;
        read_row(m, log->n, row, &l, &hash);
        (void)append(log, &l, &hash);
    }
    m->tainted = true;
    oracle_epoch_back(m);
    oracle_members_back(m);
    oracle_backup_back(m);
    oracle_excuse();
    oracle_forgets(m);
}
