#include "tests/sim/events.h"

#include "tests/sim/disk.h"
#include "tests/sim/net.h"
#include "tests/sim/oracle_members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND = 1000 * 1000 };

struct happening_row {
    const char *name;
    unsigned weight;
    void (*run)(struct host *m, uint64_t b); /* m: one of them; b: any number */
};

/* ---- processes ---- */

static void start(struct host *m, uint64_t b)
{
    (void)b;
    host_start(m);
}

static void stop(struct host *m, uint64_t b)
{
    (void)b;
    host_stop(m);
}

static void crash(struct host *m, uint64_t b)
{
    (void)b;
    host_crash(m);
}

static void crash_and_start(struct host *m, uint64_t b)
{
    (void)b;
    host_crash(m);
    host_start(m);
}

static void start_all(struct host *m, uint64_t b)
{
    struct world *w = world();
    (void)m, (void)b;
    for (size_t i = 0; i < w->n; i++)
        host_start(&w->m[i]);
}

/* ---- disks ---- */

static void power(struct host *m, uint64_t b)
{
    disk_set(m->disk, b % 2 ? DISK_CRASH_BEFORE : DISK_CRASH_AFTER, 2000 + b % 50000);
}

static void unknown(struct host *m, uint64_t b)
{
    (void)b;
    disk_set(m->disk, DISK_UNKNOWN, 2000);
}

static void full(struct host *m, uint64_t b)
{
    (void)b;
    disk_set(m->disk, DISK_FULL, 2000);
}

static void slow(struct host *m, uint64_t b)
{
    disk_set(m->disk, DISK_GOOD, 50000 + b % (3 * SECOND));
}

static void good_disk(struct host *m, uint64_t b)
{
    (void)b;
    disk_set(m->disk, DISK_GOOD, 2000);
}

/* Rather of one that has something to forget. */
static void keep(struct host *m, uint64_t b)
{
    m = b % 4 ? event_one_up(m) : m;
    if (world()->oracle.log[m->id].n > 0 || m->id != 0)
        disk_keep(m->disk);
}

/* Somebody else must still be a member, of a kind that all take for one. */
bool event_others_remain(const struct host *m)
{
    const struct world *w = world();
    for (size_t i = 0; i < w->n; i++)
        if (&w->m[i] != m && w->m[i].code == CODE_GOOD && w->oracle.log[i].n > 0 &&
            !oracle_is_out(&w->m[i]) && !(w->need && w->m[i].rolled))
            return true;
    return false;
}

/* That machine, or the next one that has an earlier state. */
static struct host *with_states(struct host *m)
{
    struct world *w = world();
    for (size_t i = 0; i < w->n && !disk_states(m->disk); i++)
        m = &w->m[((size_t)m->id + 1) % w->n];
    return m;
}

static void roll_back(struct host *m, uint64_t b)
{
    m = with_states(m);
    if (!disk_states(m->disk) || !event_others_remain(m))
        return;
    trace(m->id, "its disk is brought back to an earlier state");
    host_crash(m);
    m->rolled = true;
    disk_back(m->disk, b % disk_states(m->disk));
    oracle_back(m);
    if (b / 8 % 4)
        host_start(m);
}

void event_wipe(struct host *m, uint64_t b)
{
    (void)b;
    if (!event_others_remain(m))
        return;
    host_crash(m);
    m->lost = true;
    m->rolled = false;
    disk_empty(m->disk);
    oracle_back(m);
}

/* A network whose logs are witnessed is worth more with disks that come back than with lost ones. */
static void lose(struct host *m, uint64_t b)
{
    if (world()->need && b % 4)
        roll_back(m, b / 4);
    else
        event_wipe(m, b);
}

/* ---- the network ---- */

static void partition(struct host *m, uint64_t b)
{
    struct weather *h = &world()->weather;
    (void)m;
    for (int i = 0; i < PLACES; i++)
        for (int k = 0; k < PLACES; k++)
            h->cut[i][k] = (b >> i & 1) != (b >> k & 1);
}

static void one_way(struct host *m, uint64_t b)
{
    world()->weather.cut[m->id][b % world()->n] = true;
}

static void join_up(struct host *m, uint64_t b)
{
    (void)m, (void)b;
    memset(world()->weather.cut, 0, sizeof world()->weather.cut);
}

static void storm(struct host *m, uint64_t b)
{
    struct weather *h = &world()->weather;
    (void)m;
    h->drop = (unsigned)(b % 200);
    h->twice = (unsigned)(b / 200 % 400);
    h->late = (unsigned)(b / 80000 % 60);
    h->most_us = h->least_us + b % SECOND;
}

static void calm(struct host *m, uint64_t b)
{
    struct weather *h = &world()->weather;
    (void)m, (void)b;
    h->drop = h->late = 0;
    h->twice = 20;
    h->most_us = 20000;
}

static void echo(struct host *m, uint64_t b)
{
    net_echo(m->id, (unsigned)(b % 64));
}

/* ---- clocks ---- */

static void clock_step(struct host *m, uint64_t b)
{
    m->wall_ms = (int64_t)(b % 7200000) - 3600000;
    m->was_ahead |= m->wall_ms > 0;
    trace(m->id, "its clock is wrong by %lld ms", (long long)m->wall_ms);
}

static void clock_right(struct host *m, uint64_t b)
{
    (void)b;
    m->wall_ms = 0;
}

static void suspend(struct host *m, uint64_t b)
{
    m->suspended_ms += b % 120000;
}

/* ---- people ---- */

/* They try another machine when one does not answer. */
struct host *event_one_up(struct host *m)
{
    struct world *w = world();
    for (size_t i = 0; i < w->n && !host_is_member(m); i++)
        m = &w->m[((size_t)m->id + 1) % w->n];
    return m;
}

static void sign(struct host *m, uint64_t b)
{
    world()->terms.odd = b % 2;
    world()->terms.frozen = b / 2 % 8 == 0;
    operator_signs();
    operator_tells(b % 8 ? event_one_up(m) : m);
}

static void tell(struct host *m, uint64_t b)
{
    (void)b;
    operator_tells(m);
}

static void put(struct host *m, uint64_t b)
{
    tenant_puts(b / PATHS % 4 ? event_one_up(m) : m, (unsigned)(b % PATHS), false);
}

static void del(struct host *m, uint64_t b)
{
    tenant_puts(m, (unsigned)(b % PATHS), true);
}

static void repeat(struct host *m, uint64_t b)
{
    tenant_repeats(event_one_up(m), (unsigned)(b % 4));
}

static void fetch(struct host *m, uint64_t b)
{
    workload_fetches(b / PATHS % 4 ? event_one_up(m) : m, (unsigned)(b % PATHS), b / PATHS % 3 == 0);
}

static void audit(struct host *m, uint64_t b)
{
    (void)b;
    auditor_reads(m);
}

static const struct happening_row rows[] = {
    { "start", 8, start },
    { "stop", 3, stop },
    { "crash", 5, crash },
    { "start-all", 4, start_all },
    { "crash-start", 8, crash_and_start },
    { "power", 4, power },
    { "unknown", 2, unknown },
    { "full", 7, full },
    { "slow", 2, slow },
    { "good-disk", 6, good_disk },
    { "keep", 6, keep },
    { "roll-back", 3, roll_back },
    { "wipe", 4, lose },
    { "partition", 3, partition },
    { "one-way", 2, one_way },
    { "join-up", 5, join_up },
    { "storm", 3, storm },
    { "calm", 4, calm },
    { "echo", 16, echo },
    { "clock-step", 2, clock_step },
    { "clock-right", 2, clock_right },
    { "suspend", 1, suspend },
    { "sign", 6, sign },
    { "tell", 3, tell },
    { "expel", 2, event_expel },
    { "pardon", 2, event_pardon },
    { "lease", 2, event_lease },
    { "delay", 2, event_delay },
    { "hold", 1, event_hold },
    { "freeze-here", 1, event_freeze_here },
    { "thaw-here", 2, event_thaw_here },
    { "backup", 8, event_backup },
    { "restore", 5, event_restore },
    { "put", 12, put },
    { "delete", 1, del },
    { "repeat", 4, repeat },
    { "fetch", 28, fetch },
    { "audit", 5, audit },
    { "follow", 8, event_follow },
    { "probe", 2, event_probe },
    { "draw", 2, event_ask_draw },
    { "rotate", 6, event_rotate },
    { "rotate-twice", 2, event_rotate_twice },
    { "submit", 5, event_submit },
};
enum { ROWS = sizeof rows / sizeof *rows };

static const struct happening_row *choose(uint64_t at)
{
    uint64_t all = 0;
    for (size_t i = 0; i < ROWS; i++)
        all += rows[i].weight;
    at %= all;
    const struct happening_row *r = rows;
    for (; at >= r->weight; r++)
        at -= r->weight;
    return r;
}

struct happening event_draw(struct rng *script)
{
    const struct happening_row *row = choose(rng_next(script));
    uint64_t a = rng_next(script), b = rng_next(script);
    return (struct happening){ row, a, b };
}

void event_run(const struct happening *e)
{
    struct world *w = world();
    e->row->run(&w->m[e->a % w->n], e->b >> 8);
}

const char *event_text(const struct happening *e)
{
    static char text[64];
    snprintf(text, sizeof text, "%s m%llu", e->row->name, (unsigned long long)(e->a % world()->n));
    return text;
}
