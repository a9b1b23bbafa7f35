#pragma once
/* events.h - what can happen to a network, a row each. An event is drawn from the script's numbers alone, so
 * that leaving one out changes no other. */
#include "tests/sim/people.h"

struct happening_row;
struct happening {
    const struct happening_row *row;
    uint64_t a, b;
};
struct happening event_draw(struct rng *script);
void event_run(const struct happening *e);
const char *event_text(const struct happening *e); /* until the next call */

/* ---- between those who know what happens ---- */
bool event_others_remain(
    const struct host *m);                 /* without it there is a member still, that all take for one */
struct host *event_one_up(struct host *m); /* people try another machine when one does not answer */
void event_root_posts(struct host *m, const char *path); /* to its own machine's socket */
void event_wipe(struct host *m, uint64_t b);
/* ---- members: rows of the table ---- */
void event_expel(struct host *m, uint64_t b);
void event_pardon(struct host *m, uint64_t b);
void event_lease(struct host *m, uint64_t b);
void event_delay(struct host *m, uint64_t b);
void event_hold(struct host *m, uint64_t b);
void event_freeze_here(struct host *m, uint64_t b);
void event_thaw_here(struct host *m, uint64_t b);
/* ---- backups, the same ---- */
void event_backup(struct host *m, uint64_t b);
void event_restore(struct host *m, uint64_t b);
/* ---- rotation, the same ---- */
void event_follow(struct host *m, uint64_t b);
void event_probe(struct host *m, uint64_t b);
void event_ask_draw(struct host *m, uint64_t b);
void event_rotate(struct host *m, uint64_t b);
void event_rotate_twice(struct host *m, uint64_t b);
void event_submit(struct host *m, uint64_t b);
/* All is healed: where leases or witnesses are asked for, keys that no machine goes by any more are expelled,
 * or they would be waited for for ever. */
void operator_tidies(void);
