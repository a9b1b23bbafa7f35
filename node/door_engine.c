#include "node/door_conn.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* More of them than requests at one time would be waste: a request that waits for its worker has one too. */
enum { IDLE_MAX = 128 };

static void leave(struct door *d, struct peer *p)
{
    d->o.leave(d->o.ctx, p);
}

static bool stuck(const struct door *d, unsigned worker)
{
    return d->o.stuck(d->o.ctx, worker);
}

/* Those that have room for the connection's heads: those for wide ones come after the others. */
struct range {
    unsigned first, end;
};

static struct range fit_for(const struct conn *c)
{
    const struct door_options *o = &c->loop->door->o;
    return c->wide ? (struct range){ o->workers, o->workers + o->wide_workers }
                   : (struct range){ 0, o->workers };
}

/* The first that has no request: those in front stay warm. With none free, one that is not stuck, with the
 * fewest. */
static unsigned choose(const struct door *d, struct range fit)
{
    unsigned best = fit.first, least = UINT32_MAX;
    for (unsigned w = fit.first; w < fit.end; w++) {
        unsigned busy = atomic_load(&d->busy[w]);
        bool late = stuck(d, w);
        if (busy == 0 && !late)
            return w;
        unsigned cost = late ? busy + UINT16_MAX : busy;
        best = cost < least ? w : best;
        least = cost < least ? cost : least;
    }
    return best;
}

static struct engine *connect_to(struct loop *l, unsigned worker)
{
    struct door *d = l->door;
    struct engine *e = calloc(1, sizeof *e);
    int pair[2];
    if (!e || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0) {
        free(e);
        return NULL;
    }
    if (d->o.hand(d->o.ctx, worker, pair[1], &e->peer) != SR_OK) {
        close(pair[0]);
        free(e);
        return NULL;
    }
    e->watch = (struct watch){ .kind = WATCH_ENGINE, .fd = pair[0], .owner = e };
    e->worker = worker;
    return e;
}

/* Closed, and freed after this round: epoll may have named it already. */
static void bury(struct loop *l, struct engine *e)
{
    loop_watch(l, &e->watch, 0);
    close(e->watch.fd);
    e->watch.fd = -1;
    e->conn = NULL;
    leave(l->door, e->peer);
    e->next = l->dead_engines;
    l->dead_engines = e;
}

/* Nothing was said since the last answer: a byte now would be taken for the next one. */
static bool quiet(const struct engine *e)
{
    uint8_t byte;
    return recv(e->watch.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

static struct engine *take_idle(struct loop *l, unsigned worker)
{
    for (struct engine *e; (e = l->idle[worker]);) {
        l->idle[worker] = e->next;
        l->n_idle--;
        if (quiet(e))
            return e;
        bury(l, e);
    }
    return NULL;
}

bool engine_get(struct conn *c)
{
    struct loop *l = c->loop;
    const struct range fit = fit_for(c);
    unsigned worker = choose(l->door, fit);
    struct engine *e = take_idle(l, worker);
    if (!e)
        e = connect_to(l, worker);
    for (unsigned w = fit.first; !e && w < fit.end; w++) /* no descriptors: one that another worker has */
        e = take_idle(l, w);
    if (!e)
        return false;
    e->conn = c;
    e->next = NULL;
    *e->peer = c->peer;
    atomic_fetch_add(&l->door->busy[e->worker], 1);
    c->engine = e;
    return true;
}

static struct engine *let_go(struct conn *c)
{
    struct engine *e = c->engine;
    c->engine = NULL;
    if (e)
        atomic_fetch_sub(&c->loop->door->busy[e->worker], 1);
    return e;
}

void engine_drop(struct conn *c)
{
    struct engine *e = let_go(c);
    if (e)
        bury(c->loop, e);
}

void engine_keep(struct conn *c)
{
    struct loop *l = c->loop;
    struct engine *e = let_go(c);
    if (e->eof || e->deaf || l->n_idle >= IDLE_MAX) {
        bury(l, e);
        return;
    }
    e->conn = NULL;
    e->ready = false;
    *e->peer = (struct peer){ 0 }; /* nobody */
    e->next = l->idle[e->worker];
    l->idle[e->worker] = e;
    l->n_idle++;
    loop_watch(l, &e->watch, EPOLLIN);
}

void engine_leave(struct loop *l, struct engine *e)
{
    struct engine **at = &l->idle[e->worker];
    while (*at && *at != e)
        at = &(*at)->next;
    if (!*at)
        return; /* dead already */
    *at = e->next;
    l->n_idle--;
    bury(l, e);
}

void engine_close_all(struct loop *l)
{
    for (unsigned w = 0; l->idle && w < l->door->o.workers + l->door->o.wide_workers; w++)
        while (l->idle[w])
            engine_leave(l, l->idle[w]);
}

void engine_bury(struct loop *l)
{
    for (struct engine *e; (e = l->dead_engines);) {
        l->dead_engines = e->next;
        free(e);
    }
}
