/* events_members.c - operators who expel, pardon, and say how long things last; root at a machine, who
 * freezes it. Each event of operators ends in a policy that somebody is told. */
#include "tests/sim/events.h"
#include "tests/sim/net.h"
#include "tests/sim/oracle_members.h"
#include "tests/sim/sim.h"

#include <stdlib.h>
#include <string.h>

static void sign_and_tell(struct host *m)
{
    operator_signs();
    operator_tells(event_one_up(m));
}

static void add_key(const uint8_t key[32])
{
    struct terms *t = &world()->terms;
    if (t->keys_n < EXPELLED_KEYS && !terms_expel_key(t, key))
        memcpy(t->keys[t->keys_n++].b, key, sizeof t->keys->b);
}

void event_expel(struct host *m, uint64_t b)
{
    struct world *w = world();
    const struct known_log *log = &w->oracle.log[m->id];
    if (!event_others_remain(m))
        return;
    if (b % 3 != 0)
        w->terms.machines |= 1u << m->id;
    if (b % 3 != 1 && log->n > 0)
        add_key(log->member.b);
    trace(OPERATOR, "expels m%d", m->id);
    sign_and_tell(m);
    oracle_excuse();
}

/* Its machine may come back, and one time in two all keys are forgotten; a folder whose member is no more is
 * emptied. */
void event_pardon(struct host *m, uint64_t b)
{
    struct terms *t = &world()->terms;
    t->machines &= ~(1u << m->id);
    if (b % 2)
        t->keys_n = 0;
    if (oracle_is_ended(m))
        event_wipe(m, b);
    sign_and_tell(m);
}

void event_lease(struct host *m, uint64_t b)
{
    struct terms *t = &world()->terms;
    t->lease_s = b % 4 ? 5 + (unsigned)(b / 4 % 60) : 0;
    t->quorum = (unsigned)(b / 512 % 3);
    sign_and_tell(m);
}

void event_delay(struct host *m, uint64_t b)
{
    world()->terms.delay_s = b % 4 ? 20 + (unsigned)(b / 4 % 60) : 0;
    sign_and_tell(m);
}

void event_hold(struct host *m, uint64_t b)
{
    struct terms *t = &world()->terms;
    t->rule_lease_s = b % 3 ? 10 + (unsigned)(b / 4 % 60) : 0;
    t->tenant_lease_s = b / 512 % 3 ? 10 + (unsigned)(b / 2048 % 60) : 0;
    sign_and_tell(m);
}

/* ---- the switch of one machine ---- */

void event_root_posts(struct host *m, const char *path)
{
    struct packet *p = calloc(1, sizeof *p);
    if (!p)
        abort();
    *p = (struct packet){ .from = m->id, .to = m->id, .method = POST, .local = true };
    wr_text(&p->path, path);
    trace(m->id, "root posts %s", path);
    net_local(p);
}

void event_freeze_here(struct host *m, uint64_t b)
{
    (void)b;
    event_root_posts(m, "/sealring/v1/admin/freeze");
}

void event_thaw_here(struct host *m, uint64_t b)
{
    (void)b;
    event_root_posts(m, "/sealring/v1/admin/thaw");
}

/* ---- when all is healed ---- */

/* Is it on a disk whose machine may go on? */
static bool is_alive(const uint8_t key[32])
{
    const struct world *w = world();
    for (size_t i = 0; i < w->n; i++) {
        const struct known_log *log = &w->oracle.log[i];
        if (log->n > 0 && memcmp(log->member.b, key, sizeof log->member.b) == 0)
            return !oracle_is_out(&w->m[i]);
    }
    return false;
}

/* One that was confirmed and has not heard of it counts for a member already: its folder is emptied, and it
 * comes under another key. */
static void begin_anew(const struct leaf *l, size_t at)
{
    struct host *m = l->type == LEAF_MEMBER ? host_at(l->address) : NULL;
    if (m && world()->oracle.log[m->id].n == 0 && at >= m->lost_at)
        event_wipe(m, 0);
}

void operator_tidies(void)
{
    struct world *w = world();
    size_t before = w->terms.keys_n;
    if (!w->terms.lease_s && !w->need)
        return;
    for (size_t i = 0; i < w->oracle.n_ever; i++) {
        const struct leaf *l = w->oracle.ever[i];
        if ((l->type != LEAF_GENESIS && l->type != LEAF_MEMBER && l->type != LEAF_RESTORED) ||
            is_alive(l->member_key.b))
            continue;
        add_key(l->member_key.b);
        begin_anew(l, i);
    }
    if (w->terms.keys_n == before && (w->terms.quorum == 0 || !w->terms.lease_s))
        return;
    w->terms.quorum = 0; /* more than half of those that are left */
    operator_signs();
}
