#include "node/door_conn.h"

#include <unistd.h>

enum { STUCK_MS = 5 };

void engine_drop(struct conn *c)
{
    engine_end(c);
    if (c->engine.fd < 0)
        return;
    loop_watch(c->loop, &c->engine, 0);
    close(c->engine.fd);
    c->engine.fd = -1;
    c->engine_ready = c->engine_eof = c->engine_deaf = false;
}

/* A handler may block its worker, and with it every connection that lives there. */
static bool stuck(const struct conn *c, unsigned worker)
{
    struct worker *w = &c->loop->door->workers[worker];
    return atomic_load(&w->load) > 0 && atomic_load(&w->moved) + STUCK_MS < c->loop->now;
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

void engine_begin(struct conn *c)
{
    struct worker *w = &c->loop->door->workers[c->worker];
    if (atomic_fetch_add(&w->load, 1) == 0)
        atomic_store(&w->moved, c->loop->now);
    c->running = true;
}

void engine_end(struct conn *c)
{
    if (!c->running)
        return;
    struct worker *w = &c->loop->door->workers[c->worker];
    atomic_store(&w->moved, c->loop->now);
    atomic_fetch_sub(&w->load, 1);
    c->running = false;
}
