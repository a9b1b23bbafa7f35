/* story.c - what happens: a genesis, as many events as there are steps, then all is healed and becomes quiet.
 */
#include "crypto/text.h"
#include "proto/cid.h"
#include "tests/sim/disk.h"
#include "tests/sim/events.h"
#include "tests/sim/oracle_epoch.h"
#include "tests/sim/oracle_members.h"

#include <stdio.h>
#include <string.h>

enum {
    SECOND = 1000 * 1000,
    GENESIS_S = 120,
    GATHER_S = 20,
    QUIET_S = 300,
    STILL_S = 40,
    PAUSE_MS = 3000,
    TRIES = 30
};

static void begin(void)
{
    struct world *w = world();
    struct host *m = &w->m[0];
    for (int i = 0; i < GENESIS_S && !host_is_member(m); i++) {
        host_start(m);
        fiber_sleep(SECOND);
    }
    if (!host_is_member(m))
        violated("liveness", "no genesis");
    cid_text(&atomic_load(&m->node->core)->home.cid, w->cid);
    for (size_t i = 1; i < w->n; i++) /* the others whenever they are told to */
        if (rng_chance(&w->script, 500) || w->need)
            host_start(&w->m[i]);
    fiber_sleep((uint64_t)(w->need ? GATHER_S : 0) * SECOND); /* witnesses there must be, for a start */
}

static void happen(void)
{
    struct world *w = world();
    for (unsigned i = 0; i < w->steps; i++) {
        struct happening e = event_draw(&w->script);
        fiber_sleep(rng_below(&w->script, PAUSE_MS) * 1000);
        if (w->skip && w->skip[i])
            continue;
        trace(HOST_NONE, "event %u: %s", i, event_text(&e));
        event_run(&e);
    }
}

/* ---- the end ---- */

static void heal(void)
{
    struct world *w = world();
    trace(HOST_NONE, "all is healed");
    w->quiet = true;
    w->weather = (struct weather){ .least_us = 500, .most_us = 5000 };
    for (size_t i = 0; i < w->n; i++) {
        w->m[i].wall_ms = 0;
        disk_set(w->m[i].disk, DISK_GOOD, 1000);
    }
    oracle_excuse(); /* what the expelled alone had */
}

/* A write that failed outside of the log leaves the log healthy, and every answer a 500. */
static bool is_broken(const struct host *m)
{
    return host_is_member(m) && (!journal_healthy(atomic_load(&m->node->core)->journal) ||
                                 store_sync(m->node->store, NULL) != SR_OK);
}

/* As an administrator would: what is down is started, what can't write is started again. */
static void look_after(void)
{
    struct world *w = world();
    for (size_t i = 0; i < w->n; i++) {
        struct host *m = &w->m[i];
        if (is_broken(m))
            host_stop(m);
        else
            host_start(m);
        if (host_is_member(m) && oracle_is_frozen(m))
            event_thaw_here(m, 0);
    }
}

static struct host *any_member(void)
{
    struct world *w = world();
    for (size_t i = 0; i < w->n; i++)
        if (host_is_member(&w->m[i]) && !(w->need && w->m[i].rolled) && !oracle_is_out(&w->m[i]))
            return &w->m[i];
    return &w->m[0];
}

/* Whoever lost its log can't witness it any more, and a quorum may be gone for good: such a network stands
 * still until its operators say otherwise. What is safe stays so. */
static bool may_stand_still(void)
{
    struct world *w = world();
    bool lost = false;
    for (size_t i = 0; i < w->n; i++)
        lost |= w->m[i].rolled || w->m[i].lost || w->m[i].was_ahead;
    return lost && w->need;
}

static void settle(void)
{
    uint64_t end = fiber_now() + (uint64_t)(may_stand_still() ? STILL_S : QUIET_S) * SECOND;
    for (unsigned i = 0; fiber_now() < end; i++) {
        look_after();
        if (i % 6 == 0) {
            operator_tidies();
            operator_tells(any_member());
        }
        fiber_sleep(5 * SECOND);
        if (oracle_converged(false))
            return;
    }
    if (!may_stand_still())
        (void)oracle_converged(true);
}

/* Operators can go on: one more rotation, to which all come. */
static void rotate_once_more(void)
{
    uint64_t next = oracle_epoch_most() + 1;
    if (!world()->goes_on || may_stand_still() || !oracle_epoch_may_rotate())
        return;
    trace(HOST_NONE, "operators rotate once more");
    for (int i = 0; i < TRIES && oracle_epoch_most() < next; i++) {
        operator_rotates(any_member(), 1);
        fiber_sleep(10 * SECOND);
    }
    if (oracle_epoch_most() < next)
        violated("liveness", "no rotation to epoch %llu", (unsigned long long)next);
    settle();
}

/* All that was promised holds after a restart of everybody. */
static void restart_all(void)
{
    struct world *w = world();
    trace(HOST_NONE, "all are started again");
    for (size_t i = 0; i < w->n; i++)
        host_stop(&w->m[i]);
    for (size_t i = 0; i < w->n; i++)
        while (w->m[i].up)
            (void)fiber_wait(&w->m[i], fiber_now() + SECOND);
    settle();
}

/* What lies there, to a workload that has known the network from before all rotations. */
static bool gets_all(struct host *m)
{
    if (workload_knows() > oracle_epoch_of(m)) /* who was at that epoch is lost or expelled */
        return true;
    bool got = workload_goes_on(m, NULL);
    for (unsigned i = 0; got && i < PATHS; i++)
        got = !oracle_readable(m, tenant_path(i)) || workload_goes_on(m, tenant_path(i));
    return got;
}

/* Every member serves. */
static void ask_all(void)
{
    struct world *w = world();
    size_t good = 0;
    for (size_t i = 0; i < w->n; i++)
        good += host_is_member(&w->m[i]);
    if (w->split || may_stand_still() || (w->need && (good <= w->need || good <= w->restart)))
        return; /* too few are left to witness, or never joined */
    for (size_t i = 0; i < w->n; i++) {
        struct host *m = &w->m[i];
        bool got = !host_is_member(m) || oracle_epoch_apart(m) || (w->need && m->rolled);
        for (int try = 0; try < TRIES && !got; try++) {
            got = workload_gets(m) && gets_all(m);
            fiber_sleep(got ? 0 : SECOND);
        }
        if (!got)
            violated("liveness", "m%d is a member and serves no workload", m->id);
    }
}

void story(void)
{
    begin();
    happen();
    heal();
    settle();
    rotate_once_more();
    restart_all();
    ask_all();
    trace(HOST_NONE, "the end");
}
