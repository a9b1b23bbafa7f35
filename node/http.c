#include "node/call.h"
#include "node/door.h"
#include "node/http_parts.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    ENGINE_MEMORY = 64 << 10, /* over 32 KiB the pool is mapped, so its pages go back to the kernel */
    WIDE_MEMORY = 2 * HEAD_WIDE_REBUILT_MAX + (128 << 10), /* for a wide head: a cookie is copied once */
    WIDE_WORKERS = 1,
    STUCK_MS = 5,
};

/* One engine thread. */
struct worker {
    struct http *http;
    struct MHD_Daemon *daemon;
    atomic_ullong since; /* ms: a handler runs since then; 0: none does */
};

struct http {
    struct door *door;
    struct worker *workers;
    struct http_options o;
    struct calls calls;
    atomic_bool draining;
    struct seats *seats;
};

/* How the engine knows a connection's seat: as its address. */
struct handed {
    sa_family_t family; /* AF_UNIX: what it is, a socket pair */
    struct seat *seat;
};
_Static_assert(sizeof(struct handed) <= sizeof(struct sockaddr_storage), "an address must hold it");

static unsigned long long clock_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return (unsigned long long)t.tv_sec * 1000 + (unsigned long long)t.tv_nsec / 1000000;
}

/* A call, and what it borrows from. */
struct brought {
    struct call call;
    struct worker *worker;
    char *target;
};

/* The engine gives the target as it came; what it makes of it later is not used. */
static void *on_target(void *cls, const char *target, struct MHD_Connection *c)
{
    struct worker *w = cls;
    struct brought *b = calloc(1, sizeof *b);
    (void)c;
    if (!b || !(b->target = strdup(target))) {
        free(b);
        return NULL;
    }
    b->worker = w;
    call_begin(&b->call, &w->http->calls);
    return b;
}

static void on_completed(void *cls, struct MHD_Connection *c, void **con_cls,
                         enum MHD_RequestTerminationCode code)
{
    struct brought *b = *con_cls;
    (void)cls, (void)c, (void)code;
    *con_cls = NULL;
    if (!b)
        return;
    call_drop(&b->call);
    free(b->target);
    free(b);
}

/* ---- from the engine into a call ---- */

/* NULL: the engine does not say whose connection it is. */
static struct seat *seat_of(struct MHD_Connection *c)
{
    struct handed handed;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (!info || !info->client_addr)
        return NULL;
    memcpy(&handed, info->client_addr, sizeof handed);
    return handed.seat;
}

static void on_connection(void *cls, struct MHD_Connection *c, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct worker *w = cls;
    struct seat *s = code == MHD_CONNECTION_NOTIFY_CLOSED ? seat_of(c) : NULL;
    (void)socket_context;
    if (s)
        seat_leave(w->http->seats, s);
}

static struct span header(struct MHD_Connection *c, const char *name)
{
    return span_of(MHD_lookup_connection_value(c, MHD_HEADER_KIND, name));
}

static void read_request(struct brought *b, struct MHD_Connection *c, const char *method)
{
    struct request *q = &b->call.req;
    const struct seat *seat = seat_of(c);
    const char *mark = strchr(b->target, '?');
    if (seat)
        q->peer = seat->peer;
    q->method = method_of(span_of(method));
    q->path = span_of(b->target);
    if (mark) {
        q->path.n = (size_t)(mark - b->target);
        q->query = span_of(mark + 1);
    }
    q->type = header(c, "Content-Type");
    q->authorization = header(c, "Authorization");
    q->accept = header(c, "Accept");
    q->cookie = header(c, "Cookie");
    q->vault_token = header(c, "X-Vault-Token");
}

/* The length is a number and at most the door's max_body: the door wrote it. */
static enum sr_err judge(struct call *call, struct MHD_Connection *c)
{
    const char *length = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Content-Length");
    bool chunked = header(c, "Transfer-Encoding").n != 0;
    return call_judge(call, chunked ? CALL_CHUNKED : length ? strtoull(length, NULL, 10) : 0);
}

/* ---- the answer ---- */

static void wipe_free(void *p)
{
    reply_drop(&(struct reply){ .body = p });
}

static void add(struct MHD_Response *m, const char *name, const char *value)
{
    if (value && *value)
        (void)MHD_add_response_header(m, name, value);
}

static void add_headers(const struct brought *b, const struct reply *r, struct MHD_Response *m)
{
    char seconds[16] = "";
    if (r->retry_after)
        snprintf(seconds, sizeof seconds, "%u", r->retry_after);
    add(m, "Content-Type", r->n ? r->type : NULL);
    add(m, "X-Request-Id", b->call.req.id);
    add(m, "Cache-Control", r->cache ? r->cache : "no-store");
    add(m, "X-Content-Type-Options", "nosniff");
    add(m, "Retry-After", seconds);
    add(m, "Set-Cookie", r->cookie);
    add(m, "Allow", r->status == 405 ? b->call.allow : NULL);
    add(m, "Connection", atomic_load(&b->worker->http->draining) ? "close" : NULL);
}

static enum MHD_Result send_reply(const struct brought *b, struct MHD_Connection *c, struct reply *r)
{
    struct MHD_Response *m =
        r->body ? MHD_create_response_from_buffer_with_free_callback(r->n, r->body, wipe_free)
                : MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (!m) {
        reply_drop(r);
        return MHD_NO;
    }
    add_headers(b, r, m);
    enum MHD_Result ok = MHD_queue_response(c, (unsigned)r->status, m);
    MHD_destroy_response(m);
    return ok;
}

static enum MHD_Result answer(struct brought *b, struct MHD_Connection *c)
{
    struct reply r = { 0 };
    atomic_store(&b->worker->since, clock_ms());
    call_answer(&b->call, &r);
    atomic_store(&b->worker->since, 0);
    return send_reply(b, c, &r);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *url, const char *method,
                                  const char *version, const char *data, size_t *n, void **con_cls)
{
    struct brought *b = *con_cls;
    (void)cls, (void)url, (void)version;
    if (!b)
        return MHD_NO;
    if (!b->call.judged) {
        read_request(b, c, method);
        return judge(&b->call, c) == SR_OK ? MHD_YES : answer(b, c); /* instead of 100 Continue, too */
    }
    if (*n > 0) {
        call_take(&b->call, (struct span){ (const uint8_t *)data, *n });
        *n = 0;
        return MHD_YES;
    }
    return b->call.answered ? MHD_YES : answer(b, c);
}

/* ---- start and stop ---- */

static enum sr_err on_hand(void *ctx, unsigned worker, int fd, struct peer **ret)
{
    struct http *h = ctx;
    struct sockaddr_storage a = { 0 };
    const struct handed handed = { .family = AF_UNIX, .seat = seat_take(h->seats) };
    memcpy(&a, &handed, sizeof handed);
    if (!handed.seat) {
        close(fd);
        return SR_ENOMEM;
    }
    if (MHD_add_connection(h->workers[worker].daemon, fd, (const struct sockaddr *)&a, sizeof handed) !=
        MHD_YES) {
        seat_leave(h->seats, handed.seat); /* the engine, which never had it, and the door */
        seat_leave(h->seats, handed.seat);
        return SR_EIO;
    }
    *ret = &handed.seat->peer;
    return SR_OK;
}

static void on_leave(void *ctx, struct peer *p)
{
    struct http *h = ctx;
    seat_leave(h->seats, seat_of_peer(p));
}

static bool on_stuck(void *ctx, unsigned worker)
{
    const struct http *h = ctx;
    unsigned long long since = atomic_load(&h->workers[worker].since);
    return since != 0 && clock_ms() > since + STUCK_MS;
}

static void on_refused(void *ctx, const struct door_refusal *r)
{
    const struct http *h = ctx;
    if (h->o.on_done)
        h->o.on_done(h->calls.node, &(struct request_summary){ .protocol = "door",
                                                               .route = "-",
                                                               .status = r->status,
                                                               .err = SR_EFORMAT,
                                                               .why = r->why,
                                                               .ms = r->ms,
                                                               .peer = r->peer,
                                                               .id = r->id });
}

static size_t unescape_nothing(void *cls, struct MHD_Connection *c, char *s)
{
    (void)cls, (void)c;
    return strlen(s);
}

static struct MHD_Daemon *worker_start(struct worker *w, size_t memory)
{
    return MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ITC, 0, NULL,
        NULL, on_request, w, MHD_OPTION_URI_LOG_CALLBACK, on_target, w, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, NULL, MHD_OPTION_NOTIFY_CONNECTION, on_connection, w, MHD_OPTION_UNESCAPE_CALLBACK,
        unescape_nothing, NULL, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_CONNECTION_LIMIT,
        w->http->o.max_connections + 128, MHD_OPTION_CONNECTION_TIMEOUT, 0u,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory, MHD_OPTION_END);
}

/* The door closes the listeners; before there is one, we do. */
static void close_listeners(const struct http_options *o)
{
    for (size_t i = 0; i < o->n_listeners; i++)
        close(o->listeners[i].fd);
}

static enum sr_err open_door(struct http *h, struct sr_why *why)
{
    const struct http_options *o = &h->o;
    struct door_options d = {
        .n_listeners = o->n_listeners,
        .chain = o->chain,
        .key = o->key,
        .threads = o->door_threads,
        .max_connections = o->max_connections,
        .max_per_source = o->max_per_source,
        .deadline = { o->deadline.handshake, o->deadline.head, o->deadline.body, o->deadline.answer,
                      o->deadline.idle, o->deadline.linger },
        .max_body = http_largest_body(o),
        .workers = o->workers,
        .wide_workers = WIDE_WORKERS,
        .max_wide = o->max_wide,
        .max_wide_per_source = o->max_wide_per_source,
        .ctx = h,
        .hand = on_hand,
        .leave = on_leave,
        .stuck = on_stuck,
        .refused = on_refused,
    };
    memcpy(d.listeners, o->listeners, sizeof d.listeners);
    return door_start(&h->door, &d, why);
}

static enum sr_err start_engine(struct http *h, struct sr_why *why)
{
    for (size_t i = 0; i < h->o.n_protocols; i++) {
        const char *bad = route_check(h->o.protocols[i]);
        if (bad)
            return sr_fail(why, SR_EBUG, R_INTERNAL, "http: %s: %s", h->o.protocols[i]->name, bad);
    }
    if (h->o.n_protocols == 0 || !h->seats ||
        !(h->workers = calloc(h->o.workers + WIDE_WORKERS, sizeof *h->workers)))
        return SR_ENOMEM;
    for (unsigned i = 0; i < h->o.workers + WIDE_WORKERS; i++) {
        struct worker *w = &h->workers[i];
        w->http = h;
        if (!(w->daemon = worker_start(w, i < h->o.workers ? ENGINE_MEMORY : WIDE_MEMORY)))
            return sr_fail(why, SR_EIO, R_INTERNAL, "http: worker %u does not start", i);
    }
    return SR_OK;
}

static enum sr_err start_threads(struct http *h, struct sr_why *why)
{
    struct threads_before before = threads_begin();
    enum sr_err e = start_engine(h, why);
    if (e == SR_OK)
        e = open_door(h, why);
    else
        close_listeners(&h->o);
    threads_end(&before);
    return e;
}

enum sr_err http_start(struct http **ret, struct node *node, const struct http_options *o, struct sr_why *why)
{
    struct http *h = calloc(1, sizeof *h);
    if (!h) {
        close_listeners(o);
        return SR_ENOMEM;
    }
    h->o = *o;
    h->seats = seats_new();
    h->calls.node = node;
    h->calls.o = &h->o;
    http_defaults(&h->o);
    enum sr_err e = start_threads(h, why);
    if (e == SR_OK)
        *ret = h;
    else
        http_stop(h);
    return e;
}

enum sr_err http_reload(struct http *h, const char *chain, const char *key, struct sr_why *why)
{
    return door_reload(h->door, chain, key, why);
}

unsigned http_connections(const struct http *h)
{
    return door_connections(h->door);
}

enum sr_err http_drain(struct http *h, unsigned ms)
{
    atomic_store(&h->draining, true);
    door_drain(h->door);
    for (unsigned waited = 0; door_connections(h->door) > 0; waited += 5) {
        if (waited >= ms)
            return SR_EBUSY;
        nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
    }
    return SR_OK;
}

void http_stop(struct http *h)
{
    if (!h)
        return;
    door_stop(h->door);
    for (unsigned i = 0; h->workers && i < h->o.workers + WIDE_WORKERS; i++)
        if (h->workers[i].daemon)
            MHD_stop_daemon(h->workers[i].daemon);
    free(h->workers);
    seats_free(h->seats); /* no thread is left that could look at one */
    free(h);
}
