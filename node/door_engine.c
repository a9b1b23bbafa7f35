#include "node/door_conn.h"

#include <unistd.h>

void engine_drop(struct conn *c)
{
    if (c->engine.fd < 0)
        return;
    loop_watch(c->loop, &c->engine, 0);
    close(c->engine.fd);
    c->engine.fd = -1;
    c->engine_ready = c->engine_eof = c->engine_deaf = false;
}

static bool stuck(const struct conn *c, unsigned worker)
{
    const struct door_options *o = &c->loop->door->o;
    return o->stuck(o->ctx, worker);
}

/* Workers take turns; one that is stuck is passed over while another is not. */
static unsigned choose(const struct conn *c)
{
    struct door *d = c->loop->door;
    unsigned first = atomic_fetch_add(&d->turn, 1) % d->o.workers;
    for (unsigned i = 0; i < d->o.workers; i++) {
        unsigned worker = (first + i) % d->o.workers;
        if (!stuck(c, worker))
            return worker;
    }
    return first;
}

static bool connect_to(struct conn *c, unsigned worker)
{
    struct door *d = c->loop->door;
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
        return false;
    if (d->o.hand(d->o.ctx, worker, pair[1], &c->peer) != SR_OK) {
        close(pair[0]);
        return false;
    }
    c->engine.fd = pair[0];
    c->worker = worker;
    return true;
}

bool engine_get(struct conn *c)
{
    if (c->engine.fd >= 0 && !stuck(c, c->worker))
        return true;
    unsigned worker = choose(c);
    if (c->engine.fd >= 0 && stuck(c, worker))
        return true; /* all are */
    engine_drop(c);
    return connect_to(c, worker);
}
