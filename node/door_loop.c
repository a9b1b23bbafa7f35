#include "node/door_conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { PAUSE_MS = 200, LOCAL_MAX = 64, BATCH = 128 };

static uint64_t clock_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ---- lists ---- */

static void unlink_conn(struct conn *c)
{
    if (!c->next)
        return;
    c->prev->next = c->next;
    c->next->prev = c->prev;
    c->prev = c->next = NULL;
}

void loop_timer(struct conn *c, enum timer t)
{
    struct conn *list = &c->loop->timers[t];
    unlink_conn(c);
    c->timer = t;
    c->since = c->loop->now;
    c->deadline = c->loop->now + c->loop->door->o.deadline[t];
    c->prev = list->prev;
    c->next = list;
    list->prev->next = c;
    list->prev = c;
}

void loop_bury(struct conn *c)
{
    unlink_conn(c);
    c->next = c->loop->dead;
    c->loop->dead = c;
}

static struct conn *first(struct loop *l, enum timer t)
{
    return l->timers[t].next == &l->timers[t] ? NULL : l->timers[t].next;
}

void loop_watch(struct loop *l, struct watch *w, uint32_t events)
{
    struct epoll_event e = { .events = events, .data.ptr = w };
    /* An engine that has hung up would be reported for ever, asked or not; a client that has is closed. */
    bool want = events != 0 || w->kind == WATCH_CLIENT;
    if (w->added == want && (!want || w->events == events))
        return;
    (void)epoll_ctl(l->epoll, !want ? EPOLL_CTL_DEL : w->added ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, w->fd, &e);
    w->added = want;
    w->events = events;
}

/* To close a descriptor is not enough: while a process that was forked meanwhile has a copy of it, epoll goes
 * on reporting it, for an owner that is gone. */
void loop_forget(struct loop *l, struct watch *w)
{
    if (w->added)
        (void)epoll_ctl(l->epoll, EPOLL_CTL_DEL, w->fd, NULL);
    w->added = false;
}

/* ---- accepting ---- */

static void listen_all(struct loop *l)
{
    for (size_t i = 0; i < l->door->o.n_listeners; i++)
        loop_watch(l, &l->listeners[i], EPOLLIN | EPOLLEXCLUSIVE);
    l->accept_at = 0;
}

/* One listener: what the others would meet they find themselves, and the Unix socket has room of its own. */
static void listen_pause(struct loop *l, struct watch *w)
{
    loop_watch(l, w, 0);
    l->accept_at = l->now + PAUSE_MS;
}

static bool peer_local(struct conn *c)
{
    struct ucred u;
    socklen_t n = sizeof u;
    if (getsockopt(c->client.fd, SOL_SOCKET, SO_PEERCRED, &u, &n) < 0 || n != sizeof u)
        return false;
    c->peer.local = true;
    c->peer.uid = u.uid;
    c->peer.gid = u.gid;
    c->peer.pid = u.pid;
    return true;
}

static bool start_tls(struct conn *c)
{
    struct door *d = c->loop->door;
    pthread_mutex_lock(&d->lock);
    c->tls = d->tls ? SSL_new(d->tls) : NULL;
    pthread_mutex_unlock(&d->lock);
    if (!c->tls || SSL_set_fd(c->tls, c->client.fd) != 1)
        return false;
    SSL_set_accept_state(c->tls);
    return true;
}

/* Counts it. Whatever was counted is uncounted by conn_close(). */
static bool admit(struct conn *c)
{
    struct door *d = c->loop->door;
    if (c->peer.local) {
        atomic_fetch_add(&d->local, 1);
        return atomic_load(&d->local) <= LOCAL_MAX;
    }
    if (!sources_add(d->sources, c->source, d->o.max_per_source))
        return false;
    c->tcp = true;
    atomic_fetch_add(&d->tcp, 1);
    return true;
}

static void conn_new(struct loop *l, const struct http_listener *from, int fd,
                     const struct sockaddr_storage *a)
{
    struct conn *c = calloc(1, sizeof *c);
    if (!c) {
        close(fd);
        return;
    }
    c->loop = l;
    c->client = (struct watch){ .kind = WATCH_CLIENT, .fd = fd, .owner = c };
    c->peer.source = source_of(a, &c->source);
    loop_timer(c, TIMER_HANDSHAKE);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
    bool ok = (from->kind != LISTEN_UNIX || peer_local(c)) && admit(c) &&
              (from->kind != LISTEN_TLS || start_tls(c));
    if (!ok) {
        conn_close(c);
        return;
    }
    c->client_ready = true;
    conn_run(c);
}

/* At the cap the connection that has been idle longest makes room; with none idle, newcomers wait. */
static bool full(struct loop *l)
{
    struct door *d = l->door;
    if (atomic_load(&d->tcp) < d->o.max_connections)
        return false;
    if (first(l, TIMER_IDLE))
        conn_close(first(l, TIMER_IDLE));
    return atomic_load(&d->tcp) >= d->o.max_connections;
}

static void accept_some(struct loop *l, struct watch *w)
{
    const struct http_listener *from = w->owner;
    for (int i = 0; i < 64; i++) {
        struct sockaddr_storage a = { 0 };
        socklen_t n = sizeof a;
        if (from->kind != LISTEN_UNIX && full(l)) {
            listen_pause(l, w);
            return;
        }
        int fd = accept4(from->fd, (struct sockaddr *)&a, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            conn_new(l, from, fd, &a);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
            listen_pause(l, w); /* the waiting connection stays readable: to look again at once would spin */
        if (errno != EINTR && errno != ECONNABORTED)
            return;
    }
}

/* ---- the loop ---- */

/* NULL: it serves nobody. */
static struct conn *engine_event(struct loop *l, struct watch *w, uint32_t events)
{
    struct engine *e = w->owner;
    if (w->fd >= 0 && !e->conn)
        engine_leave(l, e);
    if (w->fd < 0)
        return NULL;
    e->ready |= (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0;
    return e->conn;
}

static void event(struct loop *l, struct watch *w, uint32_t events)
{
    uint64_t n;
    struct conn *c = w->owner;
    switch (w->kind) {
    case WATCH_WAKE: (void)!read(w->fd, &n, sizeof n); return;
    case WATCH_LISTENER:
        if (w->added)
            accept_some(l, w);
        return;
    case WATCH_CLIENT:
        if (c->state == CONN_DEAD)
            return;
        if (events & (EPOLLERR | EPOLLHUP)) { /* no way to answer is left */
            conn_close(c);
            return;
        }
        c->client_ready |= (events & EPOLLIN) != 0;
        if (events & EPOLLOUT)
            c->want_out = c->read_blocked = false;
        break;
    case WATCH_ENGINE:
        c = engine_event(l, w, events);
        if (!c)
            return;
        break;
    }
    conn_run(c);
}

static int wait_ms(struct loop *l)
{
    uint64_t at = l->accept_at ? l->accept_at : UINT64_MAX;
    for (enum timer t = 0; t < TIMERS; t++)
        if (first(l, t) && first(l, t)->deadline < at)
            at = first(l, t)->deadline;
    if (at == UINT64_MAX)
        return -1;
    return at <= l->now ? 0 : at - l->now > 60000 ? 60000 : (int)(at - l->now);
}

static void expire(struct loop *l)
{
    for (enum timer t = 0; t < TIMERS; t++)
        for (struct conn *c; (c = first(l, t)) && c->deadline <= l->now;) {
            conn_timeout(c);
            if (c->state != CONN_DEAD && c->deadline <= l->now)
                conn_close(c);
        }
}

static void bury(struct loop *l)
{
    for (struct conn *c; (c = l->dead);) {
        l->dead = c->next;
        free(c);
    }
    engine_bury(l);
}

static void drain(struct loop *l)
{
    for (size_t i = 0; i < l->door->o.n_listeners; i++)
        loop_watch(l, &l->listeners[i], 0);
    l->accept_at = 0;
    l->drained = true;
    for (struct conn *c; (c = first(l, TIMER_IDLE)) || (c = first(l, TIMER_HANDSHAKE));)
        conn_close(c);
    for (struct conn *c = first(l, TIMER_HEAD), *next; c; c = next) {
        next = c->next == &l->timers[TIMER_HEAD] ? NULL : c->next;
        if (block_data(&c->in).n == 0)
            conn_close(c);
    }
}

void *loop_main(void *loop)
{
    struct loop *l = loop;
    struct epoll_event got[BATCH];
    while (!atomic_load(&l->door->stop)) {
        int n = epoll_wait(l->epoll, got, BATCH, wait_ms(l));
        l->now = clock_ms();
        for (int i = 0; i < n; i++)
            event(l, got[i].data.ptr, got[i].events);
        if (l->accept_at && l->accept_at <= l->now)
            listen_all(l);
        if (atomic_load(&l->door->draining) && !l->drained)
            drain(l);
        expire(l);
        bury(l);
    }
    return NULL;
}

enum sr_err loop_open(struct loop *l, struct door *d)
{
    *l = (struct loop){ .door = d, .now = clock_ms() };
    for (enum timer t = 0; t < TIMERS; t++)
        l->timers[t].prev = l->timers[t].next = &l->timers[t];
    l->idle = calloc(d->o.workers + d->o.wide_workers, sizeof *l->idle);
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    l->wake = (struct watch){ .kind = WATCH_WAKE, .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) };
    for (size_t i = 0; i < d->o.n_listeners; i++)
        l->listeners[i] =
            (struct watch){ .kind = WATCH_LISTENER, .fd = d->o.listeners[i].fd, .owner = &d->o.listeners[i] };
    if (!l->idle)
        return SR_ENOMEM;
    if (l->epoll < 0 || l->wake.fd < 0)
        return SR_EIO;
    loop_watch(l, &l->wake, EPOLLIN);
    listen_all(l);
    return SR_OK;
}

void loop_close(struct loop *l)
{
    if (!l->door)
        return;
    for (enum timer t = 0; t < TIMERS; t++)
        while (first(l, t))
            conn_close(first(l, t));
    engine_close_all(l);
    bury(l);
    free(l->idle);
    if (l->wake.fd >= 0)
        close(l->wake.fd);
    if (l->epoll >= 0)
        close(l->epoll);
}
