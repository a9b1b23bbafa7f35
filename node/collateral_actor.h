#pragma once
/* collateral_actor.h - the one thread that gets collateral: what evidence turned out to need, what is held
 * and may have been replaced, and what changed in the administrator's folder. No handler ever waits for it.
 * specs/collateral.md, "Fetching". */
#include "node/collateral/fetch.h"
#include "node/collateral_holder.h"

struct collateral_actor;

struct collateral_actor_options {
    struct collateral_holder *holder; /* borrowed, as all here */
    const struct logger *log;
    const char *dir;             /* watched; empty: none */
    struct coll_sources sources; /* without stop */
    unsigned refresh_s;          /* between two rounds, give or take a tenth */
};
/* Starts the thread that watches and fetches. */
enum sr_err collateral_actor_start(const struct collateral_actor_options *o, struct collateral_actor **ret);
/* Ends a fetch that is under way, waits for the thread. NULL is fine. */
void collateral_actor_stop(struct collateral_actor *a);

/* Evidence was refused: what it needs and the set has not is fetched, for the next time. Evidence is the
 * attacker's, so this is bounded: WANTS_WAITING at once, one each WANT_PAUSE_MS after a burst of
 * WANT_BURST, and none again for a while that was just tried. Any thread; never blocks. */
enum { WANTS_WAITING = 16, WANT_BURST = 8, WANT_PAUSE_MS = 5000, WANT_AGAIN_MS = 300000 };
void collateral_actor_miss(struct collateral_actor *a, const struct collateral_hold *held, struct span type,
                           struct span evidence);

/* What came of fetching so far. */
struct collateral_fetching {
    uint64_t fetched, failed, dropped; /* answers taken; tries in vain; wants over the limits */
    uint64_t last, last_failed;        /* unix seconds; 0: never */
    struct sr_why why;                 /* of the last failure */
    size_t waiting;
};
struct collateral_fetching collateral_actor_state(struct collateral_actor *a);
