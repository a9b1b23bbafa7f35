#pragma once
/* served.h - a few routes behind the real door and engine on a port of loopback, for attacks from outside. In
 * front of a member may stand a proxy that lets nothing but /public through; the attacker is after /hidden,
 * after what a handler must not be given, or after the processor. */
#include "node/call.h"
#include "tests/attacks/lab.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* What the handlers of one run were given. */
struct seen {
    pthread_mutex_t lock; /* guards all below */
    bool hidden;
    size_t most; /* bytes of the largest body */
    char last[64], arg[16];
    enum sr_reason refused; /* the first refusal */
    int slow_ms;            /* how long /public takes */
    bool discreet, echo;    /* keeps nothing of bodies; gives them back */
    size_t answer;          /* bytes of its answer, of nothing; 0: a word */
    size_t tokens;          /* bytes of Authorization and Cookie, of all requests that had either */
    struct sha256 token;    /* of the last one's */
};

static inline void keep(char *to, size_t cap, struct span s)
{
    size_t n = s.n < cap - 1 ? s.n : cap - 1;
    memcpy(to, s.p ? (const char *)s.p : "", n);
    to[n] = '\0';
}

static inline enum sr_err serve_public(struct node *n, const struct request *q, struct reply *r,
                                       struct sr_why *why)
{
    struct seen *s = (struct seen *)(void *)n;
    SR_OWN(buf) b = { 0 };
    (void)why;
    pthread_mutex_lock(&s->lock);
    s->most = q->body.n > s->most ? q->body.n : s->most;
    if (!s->discreet)
        keep(s->last, sizeof s->last, q->body);
    if (q->query.n)
        snprintf(s->arg, sizeof s->arg, "?%.*s", (int)q->query.n, (const char *)q->query.p);
    if (q->arg[0].p)
        snprintf(s->arg, sizeof s->arg, "[%.*s]", (int)q->arg[0].n, (const char *)q->arg[0].p);
    pthread_mutex_unlock(&s->lock);
    if (q->authorization.n || q->cookie.n) {
        pthread_mutex_lock(&s->lock);
        s->tokens += q->authorization.n + q->cookie.n;
        s->token = sha256(q->authorization.n ? q->authorization : q->cookie);
        pthread_mutex_unlock(&s->lock);
    }
    if (s->slow_ms)
        nanosleep(&(struct timespec){ .tv_nsec = s->slow_ms * 1000000L }, NULL);
    if (s->echo)
        wr_span(&b, q->body);
    else if (s->answer)
        (void)wr_room(&b, s->answer);
    else
        wr_text(&b, "here");
    return reply_bytes(r, 200, TYPE_BYTES, &b);
}

static inline enum sr_err serve_hidden(struct node *n, const struct request *q, struct reply *r,
                                       struct sr_why *why)
{
    struct seen *s = (struct seen *)(void *)n;
    pthread_mutex_lock(&s->lock);
    s->hidden = true;
    pthread_mutex_unlock(&s->lock);
    return serve_public(n, q, r, why);
}

enum { BODY = 4096, BODY_ELSEWHERE = 64 << 10 };

static const struct route routes[] = {
    { GET, "/public", ACCESS_ANYONE, 0, NULL, serve_public },
    { POST, "/public", ACCESS_ANYONE, BODY, NULL, serve_public },
    { GET, "/public/{}", ACCESS_ANYONE, 0, NULL, serve_public },
    { PUT, "/public", ACCESS_ANYONE, BODY_ELSEWHERE, NULL, serve_public },
    { GET, "/kbs/v0/public", ACCESS_ANYONE, 0, NULL, serve_public },
    { POST, "/kbs/v0/public", ACCESS_ANYONE, BODY_ELSEWHERE, NULL, serve_public },
    { GET, "/hidden", ACCESS_ANYONE, 0, NULL, serve_hidden },
    { GET, "/admin", ACCESS_LOCAL, 0, NULL, serve_hidden },
    { POST, "/signed", ACCESS_SIGNED, BODY, NULL, serve_hidden },
};
static const struct protocol protocol = { "attacked", routes, sizeof routes / sizeof *routes, route_error };
static const struct protocol *const protocols[] = { &protocol };

static inline void on_done(struct node *n, const struct request_summary *q)
{
    struct seen *s = (struct seen *)(void *)n;
    pthread_mutex_lock(&s->lock);
    if (s->refused == R_NONE && q->err != SR_OK)
        s->refused = q->why.reason;
    pthread_mutex_unlock(&s->lock);
}

static inline enum sr_err admit(struct node *n, enum access a, const struct request *q, struct sr_why *why)
{
    (void)n;
    if (a == ACCESS_SIGNED && span_eq(q->authorization, q->body))
        return SR_OK;
    return sr_fail(why, SR_EAUTH, R_REQUEST_SIGNATURE, "a signature over something else");
}

/* ---- a server, and connections to it ---- */

struct server {
    struct seen seen;
    struct http *http;
    uint16_t port;
};

static inline void server_start(struct server *s, const struct http_options *more)
{
    struct http_options o = *more;
    o.protocols = protocols;
    o.n_protocols = 1;
    o.admit = admit;
    o.on_done = on_done;
    o.workers = o.door_threads = 1;
    o.listeners[0].kind = LISTEN_PLAIN;
    o.n_listeners = 1;
    pthread_mutex_init(&s->seen.lock, NULL);
    maker_need(http_listen(&o.listeners[0].fd, "127.0.0.1", 0, &s->port, NULL) == SR_OK &&
                   http_start(&s->http, (struct node *)(void *)&s->seen, &o, NULL) == SR_OK,
               "server");
}

static inline void server_drop(struct server *s)
{
    http_stop(s->http);
    s->http = NULL;
}

static inline int dial(const struct server *s)
{
    struct sockaddr_in a = { .sin_family = AF_INET,
                             .sin_port = htons(s->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = { .tv_sec = 5 };
    maker_need(fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0 &&
                   setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0,
               "connection");
    return fd;
}

/* As far as it goes: the other side may have had enough. */
static inline void say(int fd, struct span s)
{
    while (s.n > 0) {
        ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        s = (struct span){ s.p + n, s.n - (size_t)n };
    }
}

/* No more comes from here; until nothing comes back. Returns how many answers said 200. */
static inline int hear(int fd)
{
    SR_OWN(buf) all = { 0 };
    uint8_t b[4096];
    int served = 0;
    (void)shutdown(fd, SHUT_WR);
    for (ssize_t n; (n = recv(fd, b, sizeof b, 0)) > 0;)
        wr_span(&all, (struct span){ b, (size_t)n });
    close(fd);
    for (size_t i = 0; i + 12 <= all.n; i++)
        served += memcmp(all.p + i, "HTTP/1.1 200", 12) == 0;
    return served;
}

static inline int ask(const struct server *s, struct span text)
{
    int fd = dial(s);
    say(fd, text);
    return hear(fd);
}

static inline void wait_ms(int ms)
{
    nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000L }, NULL);
}

/* One connection that says this; what was seen when all is over. */
static inline void whole_run(struct span text, struct server *s, struct sr_why *why)
{
    server_start(s, &(struct http_options){ .deadline = { .head = 2000, .body = 2000 } });
    (void)ask(s, text);
    server_drop(s);
    why->reason = s->seen.refused;
}

#define INNER "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n" /* 33 bytes, 38 with an empty chunk before it */
#define HEAD  "POST /public HTTP/1.1\r\nHost: x\r\n"
#define NEXT  "GET /public HTTP/1.1\r\nHost: next\r\n\r\n"

static inline bool honest_client(struct lab *l)
{
    struct server s = { 0 };
    (void)l;
    server_start(&s, &(struct http_options){ 0 });
    bool good =
        ask(&s, SPAN_STR(HEAD "Content-Length: 33\r\n\r\n" INNER)) == 1 && !s.seen.hidden &&
        ask(&s, SPAN_STR(HEAD "Transfer-Encoding: chunked\r\n\r\n21\r\n" INNER "\r\n0\r\n\r\n")) == 1 &&
        !s.seen.hidden && s.seen.most == 33 && ask(&s, SPAN_STR(NEXT INNER)) == 2 && s.seen.hidden;
    server_drop(&s);
    return good && s.seen.refused == R_NONE;
}
