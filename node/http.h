#pragma once
/* http.h - serves tables of routes over HTTP: the door in front (door.h), libmicrohttpd behind it. */
#include "node/route.h"

struct http;

enum listen_kind {
    LISTEN_NONE,
    LISTEN_TLS,
    LISTEN_PLAIN, /* loopback addresses only */
    LISTEN_UNIX,
};

struct http_listener {
    enum listen_kind kind;
    int fd;
};

/* One request, for one log line and the counters: never the path, never a byte the client chose. */
struct request_summary {
    const char *protocol; /* "door" when the door itself refused */
    const char *route;    /* the pattern; "-" when there is none */
    enum method method;   /* 0: not known */
    int status;           /* 0: the client left before the answer */
    enum sr_err err;
    struct sr_why why; /* the text is for the log alone */
    unsigned ms;       /* from head to answer */
    const struct peer *peer;
    const char *id;
};

enum { HTTP_LISTENERS = 8 };

struct http_options {
    struct http_listener
        listeners[HTTP_LISTENERS]; /* ours from http_start() on, whether it succeeds or not */
    size_t n_listeners;
    const char *chain, *key; /* PEM files for LISTEN_TLS; the key file must not be readable by others */
    const struct protocol *const *protocols;
    size_t n_protocols;
    /* Asked for every access but ANYONE and LOCAL; NULL refuses those routes. May block. */
    enum sr_err (*admit)(struct node *, enum access, const struct request *, struct sr_why *);
    void (*on_done)(struct node *, const struct request_summary *); /* may be NULL; from several threads */
    /* 0 is the default of each */
    unsigned workers;             /* engine threads, in which handlers run: 4 */
    unsigned door_threads;        /* 1 */
    unsigned max_connections;     /* 4096; lowered to what RLIMIT_NOFILE allows */
    unsigned max_per_source;      /* 256 per IPv4 address or IPv6 /64; loopback counts too */
    size_t max_body_memory;       /* bytes of request bodies held at a time: 256 MiB */
    unsigned max_wide;            /* heads over HEAD_MAX at a time: 64, each of up to 1 MiB of memory */
    unsigned max_wide_per_source; /* 16, of one IPv4 address or IPv6 /64 */
    struct {
        unsigned handshake, head, body, answer, idle, linger; /* 5, 5, 30, 120, 60, 2 s; in ms */
    } deadline;
};

/* Listens on a numeric address ("127.0.0.1", "::"), port 0 for any: *ret_port is then what it became (may be
 * NULL). Apart from http_start(), because a sandbox binds only threads made after it: listen, enter the
 * sandbox, then start. SR_EIO with the system's words in why. */
enum sr_err http_listen(int *ret, const char *address, uint16_t port, uint16_t *ret_port, struct sr_why *why);
/* A Unix socket of mode 0600; a dead socket at the path is replaced, anything else is not. */
enum sr_err http_listen_unix(int *ret, const char *path, struct sr_why *why);

/* Copies the options, not what they point to. SR_EFORMAT: the certificate or its key; SR_EDENIED: a plain
 * listener that is not on loopback; SR_EBUG: a table that route_check() refuses. */
enum sr_err http_start(struct http **ret, struct node *node, const struct http_options *o,
                       struct sr_why *why);

/* New connections use the new certificate. On failure the old one stays. */
enum sr_err http_reload(struct http *h, const char *chain, const char *key, struct sr_why *why);

/* No more connections; running requests finish. SR_OK when all have, SR_EBUSY at the deadline. */
enum sr_err http_drain(struct http *h, unsigned ms);

unsigned http_connections(const struct http *h); /* open now */

/* No handler runs after this. NULL is fine. */
void http_stop(struct http *h);
