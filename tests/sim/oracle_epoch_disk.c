/* oracle_epoch_disk.c - rotations as they lie on the disks: chains, the next master, leaves. */
#include "proto/backup.h"
#include "proto/muster.h"
#include "store/keystore.h"
#include "tests/sim/disk.h"
#include "tests/sim/oracle_epoch_parts.h"

#include <string.h>

static struct known_link link_read(struct span link)
{
    struct epoch_pubs p = { 0 };
    struct reader r = rd_init(link);
    (void)rd_u8(&r);
    epoch_pubs_read(&r, &p);
    if (r.bad)
        violated("harness", "a link can't be read");
    return (struct known_link){ p.epoch, p.commit, sha256(link) };
}

/* LP(record) || LP(chain) */
static void chain_written(struct host *m, struct span row)
{
    struct chained *c = &rotations()->of[m->id];
    struct reader r = rd_init(row);
    (void)rd_lp(&r, GENESIS_RECORD_MAX);
    struct reader chain = rd_init(rd_lp(&r, EPOCH_CHAIN_MAX));
    uint64_t n = 1 + rd_u16be(&chain);
    if (!world()->oracle.log[m->id].n) /* no member yet: others gave it what they have */
        *c = (struct chained){ .next = c->next };
    if (n < c->n)
        violated("epoch_rises", "m%d: epoch %llu after %llu", m->id, (unsigned long long)n,
                 (unsigned long long)c->n);
    for (uint64_t e = 2; e <= n; e++) {
        struct known_link link = link_read(rd_lp(&chain, EPOCH_LINK_MAX));
        if (e <= c->n && !sha256_eq(&link.hash, &c->link[e].hash))
            violated("epoch_rises", "m%d: another epoch %llu than before", m->id, (unsigned long long)e);
        c->link[e] = link;
        if (e > c->n)
            epoch_goes_over(m, &link);
    }
    c->n = n;
}

/* u8 1, LP(blob), LP(masters), LP(draw), LP(link), … */
static void next_written(struct host *m, struct span row)
{
    struct reader r = rd_init(row);
    (void)rd_u8(&r);
    (void)rd_lp(&r, 1 << 20);
    (void)rd_lp(&r, 1 << 20);
    (void)rd_lp(&r, EPOCH_DRAW_MAX);
    struct span link = rd_lp(&r, EPOCH_LINK_MAX);
    rotations()->of[m->id].next = link.n ? link_read(link) : (struct known_link){ 0 };
}

void oracle_epoch_written(struct host *m, struct span key, struct span value)
{
    if (key.n != 2 || key.p[0] != BACKUP_CLEAR)
        return;
    if (key.p[1] == KC_GENESIS)
        chain_written(m, value);
    if (key.p[1] == KC_EPOCH_NEXT)
        next_written(m, value);
}

static struct span clear_row(const struct host *m, enum keystore_clear what)
{
    const uint8_t key[] = { BACKUP_CLEAR, (uint8_t)what };
    return disk_row(m->disk, SPAN(key));
}

static bool in_log(const struct known_log *log, const struct said *s)
{
    for (uint64_t i = 0; i < log->n; i++)
        if (log->v[i].leaf->type == LEAF_EPOCH_HELD && sha256_eq(&log->v[i].leaf->link, &s->link.hash))
            return memcmp(&log->member, &s->key, sizeof s->key) == 0;
    return false;
}

void oracle_epoch_back(struct host *m)
{
    struct span chain = clear_row(m, KC_GENESIS), next = clear_row(m, KC_EPOCH_NEXT);
    rotations()->of[m->id] = (struct chained){ 0 };
    if (chain.n)
        chain_written(m, chain);
    if (next.n)
        next_written(m, next);
    for (size_t i = 0; i < rotations()->n_said; i++)
        if (rotations()->said[i].host == m->id && !in_log(&world()->oracle.log[m->id], &rotations()->said[i]))
            rotations()->said[i].forgotten = true;
    oracle_epoch_boot(m);
}

void oracle_epoch_renamed(const struct host *m, const struct sha256 *key)
{
    struct rotations *r = rotations();
    for (size_t i = 0, n = r->n_said; i < n && r->n_said < SAID_MAX; i++) {
        if (r->said[i].host != m->id)
            continue;
        r->said[r->n_said] = r->said[i];
        memcpy(r->said[r->n_said++].key.b, key->b, sizeof key->b);
    }
}

/* ---- leaves ---- */

/* One link an epoch, ever, unless a quorum has the other; and what is said to be there is there. */
static void held(const struct seen *s)
{
    const struct known_link *next = &rotations()->of[s->m->id].next;
    if (next->epoch != s->l->epoch || !sha256_eq(&next->hash, &s->l->link))
        violated("held_there", "m%d is about to say that it has a master that is not on its disk", s->m->id);
    for (uint64_t i = 0; i < s->log->n; i++) {
        const struct leaf *was = s->log->v[i].leaf;
        if (was->type == LEAF_EPOCH_HELD && was->epoch == s->l->epoch &&
            !sha256_eq(&was->link, &s->l->link) && epoch_holders(s->m, next) + 1 < epoch_need(s->m, next))
            violated("one_link", "m%d says that it has a second master of epoch %llu", s->m->id,
                     (unsigned long long)s->l->epoch);
    }
    if (rotations()->n_said < SAID_MAX)
        rotations()->said[rotations()->n_said++] = (struct said){ s->m->id, s->log->member, *next, false };
}

void oracle_epoch_leaf(const struct seen *s)
{
    const struct chained *c = &rotations()->of[s->m->id];
    if (s->l->type == LEAF_EPOCH_HELD)
        held(s);
    if ((s->l->type == LEAF_START || s->l->type == LEAF_EPOCH_ACTIVE) && s->l->epoch != c->n)
        violated("epoch_rises", "m%d: leaf %llu is of epoch %llu, its disk of %llu", s->m->id,
                 (unsigned long long)s->index, (unsigned long long)s->l->epoch, (unsigned long long)c->n);
    if (s->l->type == LEAF_EPOCH_ACTIVE && !sha256_eq(&s->l->link, &c->link[c->n].hash))
        violated("epoch_rises", "m%d: leaf %llu is about another link than its disk", s->m->id,
                 (unsigned long long)s->index);
    if ((s->l->type == LEAF_PUT || s->l->type == LEAF_ENROLMENT) && s->l->epoch > c->n)
        violated("pending_used", "m%d: leaf %llu stands on epoch %llu, before it is active", s->m->id,
                 (unsigned long long)s->index, (unsigned long long)s->l->epoch);
}
