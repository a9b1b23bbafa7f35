#pragma once
/* door.h - the way in: listeners, TLS, deadlines, caps and strict heads, in front of an engine that gets
 * checked, rewritten requests over socket pairs, each of which serves one request at a time and belongs to
 * nobody between them. specs/door.md. */
#include "node/http.h"

struct door;

/* The door refused a request itself. */
struct door_refusal {
    const struct peer *peer;
    int status;
    struct sr_why why;
    const char *id;
    unsigned ms; /* since the deadline of this state began */
};

struct door_options {
    struct http_listener listeners[HTTP_LISTENERS];
    size_t n_listeners;
    const char *chain, *key;
    unsigned threads, max_connections, max_per_source;
    unsigned deadline[6];                   /* ms, by enum timer (door_conn.h) */
    uint64_t max_body;                      /* bytes; no route takes more */
    unsigned workers;                       /* how many engine threads there are */
    unsigned wide_workers;                  /* and after those, how many with memory for a wide head */
    unsigned max_wide, max_wide_per_source; /* heads over HEAD_MAX at a time */
    void *ctx;
    /* Takes the engine's end of a socket pair, and closes it in any case. Gives the place where the door says
     * whose a request is before it sends it, which leave() gives back. */
    enum sr_err (*hand)(void *ctx, unsigned worker, int fd, struct peer **ret);
    void (*leave)(void *ctx, struct peer *);
    /* A handler has blocked this worker for a while. */
    bool (*stuck)(void *ctx, unsigned worker);
    void (*refused)(void *ctx, const struct door_refusal *);
};

/* Closes the listeners in any case: on failure at once, else at the end. */
enum sr_err door_start(struct door **ret, const struct door_options *o, struct sr_why *why);
enum sr_err door_reload(struct door *d, const char *chain, const char *key, struct sr_why *why);
unsigned door_connections(const struct door *d);
void door_drain(struct door *d); /* no new connections; idle ones are closed, others after their answer */
void door_stop(struct door *d);  /* closes everything; NULL is fine */

/* The HTTP status of what the door refuses. */
int door_status(enum sr_reason reason);
/* A whole answer with a JSON body, and Connection: close. */
void door_say(enum sr_reason reason, const char *id, struct buf *out);
/* 32 random hex digits and a NUL. */
void door_request_id(char ret[static REQUEST_ID]);
