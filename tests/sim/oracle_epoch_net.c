/* oracle_epoch_net.c - rotations, from what leaves a machine: lists of members, musters, and that nothing is
 * granted or released by a master that is not in use there. */
#include "proto/muster.h"
#include "proto/release_wire.h"
#include "tests/sim/oracle_epoch.h"

#include <string.h>

static struct listed listed[HOSTS_MAX];
static uint64_t in_use[HOSTS_MAX]; /* the epoch that it said it goes by, since its start */

/* One answer of 200. */
struct left {
    struct host *m;
    const struct packet *p;
    uint64_t asked; /* the epoch in use there as it was asked */
    uint64_t want;  /* ?epoch=N; 0: none */
    struct span body;
};

uint64_t oracle_epoch_in_use(const struct host *m)
{
    return in_use[m->id];
}

const struct listed *oracle_epoch_listed(const struct host *m)
{
    return &listed[m->id];
}

void oracle_epoch_boot(struct host *m)
{
    listed[m->id].n = 0;
    in_use[m->id] = 0;
}

/* ---- what it says of others ---- */

static void know(struct listed *l, const struct sign_pub *key, uint64_t epoch)
{
    size_t i = 0;
    while (i < l->n && memcmp(&l->key[i], key, sizeof *key) != 0)
        i++;
    if (i == LISTED_MAX)
        return;
    l->n += i == l->n;
    l->key[i] = *key;
    l->epoch[i] = epoch;
}

/* u8 1, cid[32], u64 epoch, key[32], … */
static void know_cert(struct listed *l, struct span cert)
{
    struct reader r = rd_init(cert);
    struct sign_pub key = { 0 };
    (void)rd_u8(&r);
    (void)rd_span(&r, 32);
    uint64_t epoch = rd_u64be(&r);
    rd_copy(&r, key.b, sizeof key.b);
    if (!r.bad)
        know(l, &key, epoch);
}

static void members_left(const struct left *a)
{
    struct reader r = rd_init(a->body);
    for (uint16_t n = rd_u16be(&r); n > 0 && !r.bad; n--)
        know_cert(&listed[a->m->id], rd_lp(&r, MEMBER_CERT_MAX));
}

/* Version, cid, LP(link), LP(recovery), u16 n, then n times LP(certificate) and signature. */
static void muster_left(const struct host *m, struct span muster)
{
    struct listed in = { 0 };
    struct reader r = rd_init(muster);
    (void)rd_u8(&r);
    (void)rd_span(&r, 32);
    struct sha256 link = sha256(rd_lp(&r, EPOCH_LINK_MAX));
    (void)rd_lp(&r, EPOCH_RECOVERY_SIZE);
    for (uint16_t n = rd_u16be(&r); n > 0 && !r.bad; n--) {
        know_cert(&in, rd_lp(&r, MEMBER_CERT_MAX));
        (void)rd_span(&r, 64);
    }
    for (size_t i = 0; i < in.n; i++)
        if (!oracle_epoch_said(&in.key[i], &link))
            violated("muster_true", "m%d passes on that somebody holds a master who never said so", m->id);
}

/* u64 active, LP(its muster), LP(the pending one's) */
static void epoch_left(const struct left *a)
{
    struct reader r = rd_init(a->body);
    if (a->p->method != GET)
        return;
    uint64_t active = rd_u64be(&r);
    if (active < a->asked)
        violated("epoch_rises", "m%d says that epoch %llu is active after it said %llu", a->m->id,
                 (unsigned long long)active, (unsigned long long)a->asked);
    if (active > oracle_epoch_of(a->m))
        violated("pending_used", "m%d says that epoch %llu is active, its disk has %llu", a->m->id,
                 (unsigned long long)active, (unsigned long long)oracle_epoch_of(a->m));
    in_use[a->m->id] = active;
    for (int i = 0; i < 2; i++) {
        struct span muster = rd_lp(&r, MUSTER_MAX);
        if (muster.n)
            muster_left(a->m, muster);
    }
}

/* ---- what stands on a master ---- */

static void stands(const struct left *a, uint64_t epoch, const char *what)
{
    if (epoch > oracle_epoch_of(a->m))
        violated("pending_used", "m%d: %s stands on epoch %llu, its disk has %llu", a->m->id, what,
                 (unsigned long long)epoch, (unsigned long long)oracle_epoch_of(a->m));
    if (epoch < a->asked)
        violated("epoch_past", "m%d: %s stands on epoch %llu, after it said that a later one is in use",
                 a->m->id, what, (unsigned long long)epoch);
}

static void challenge_left(const struct left *a)
{
    struct w1 w;
    if (w1_decode(a->body, &w, NULL) != SR_OK)
        violated("harness", "W1 can't be read");
    stands(a, w.epoch, "a challenge");
    in_use[a->m->id] = w.epoch;
}

static void release_left(const struct left *a)
{
    static struct w2 w;
    struct w1 w1;
    if (w2_decode(buf_span(&a->p->body), &w, NULL) != SR_OK || w1_decode(w.w1, &w1, NULL) != SR_OK)
        violated("harness", "W2 can't be read");
    stands(a, w1.epoch, "a release");
}

/* The pending one goes to members alone; anybody else gets what is in use. */
static void grant_left(const struct left *a)
{
    static struct m4 m;
    if (m4_decode(a->body, &m, NULL) != SR_OK)
        violated("harness", "M4 can't be read");
    struct reader chain = rd_init(m.chain);
    uint64_t epoch = 1 + rd_u16be(&chain);
    struct m3 m3;
    if (m3_decode(buf_span(&a->p->body), &m3, NULL) != SR_OK)
        violated("harness", "M3 can't be read");
    if (a->want <= oracle_epoch_of(a->m))
        stands(a, epoch, "a grant");
    else if (!oracle_began(&m3.member_key))
        violated("pull_known", "m%d gives the pending master to m%d, which is no member", a->m->id,
                 a->p->from);
    if (a->want > oracle_epoch_of(a->m) && epoch != a->want)
        violated("pending_used", "m%d grants epoch %llu where %llu was asked for", a->m->id,
                 (unsigned long long)epoch, (unsigned long long)a->want);
}

static const struct {
    const char *path;
    void (*check)(const struct left *);
} rules[] = {
    { "/sealring/v1/members", members_left },
    { "/sealring/v1/epoch", epoch_left },
    { "/sealring/v1/release/challenge", challenge_left },
    { "/sealring/v1/release", release_left },
    { "/sealring/v1/join/attest", grant_left },
};

void oracle_epoch_left(struct host *m, const struct packet *p, const struct oracle_asked *asked,
                       struct span body)
{
    static const char query[] = "?epoch=";
    struct span path = buf_span(&p->path);
    const uint8_t *at = memmem(path.p, path.n, query, sizeof query - 1);
    struct left a = { m, p, asked->epoch, 0, body };
    for (const uint8_t *d = at ? at + sizeof query - 1 : NULL; d && d < path.p + path.n; d++)
        a.want = 10 * a.want + *d - '0';
    path.n = at ? (size_t)(at - path.p) : path.n;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (span_eq(path, span_of(rules[i].path)))
            rules[i].check(&a);
}
