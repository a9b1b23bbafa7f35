/* door_wide.c - heads over HEAD_MAX. Only those of a few connections at a time, and of fewer from one source,
 * so that what they hold together has a bound; all other deadlines and limits are as for every head. */
#include "node/door_conn.h"

enum { WIDE_IN = HEAD_WIDE_MAX + BLOCK_SIZE };

static bool place_take(struct conn *c)
{
    struct door *d = c->loop->door;
    if (atomic_fetch_add(&d->wide_n, 1) < d->o.max_wide &&
        sources_add(d->wide, c->source, d->o.max_wide_per_source))
        return true;
    atomic_fetch_sub(&d->wide_n, 1);
    return false;
}

static void place_drop(struct conn *c)
{
    sources_remove(c->loop->door->wide, c->source);
    atomic_fetch_sub(&c->loop->door->wide_n, 1);
}

bool wide_take(struct conn *c)
{
    if (c->wide)
        return true;
    if (!place_take(c))
        return false;
    if (!block_resize(&c->in, WIDE_IN)) {
        place_drop(c);
        return false;
    }
    c->wide = true;
    return true;
}

void wide_drop(struct conn *c)
{
    if (!c->wide)
        return;
    engine_drop(c);
    place_drop(c);
    c->wide = false;
}
