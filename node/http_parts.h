#pragma once
/* http_parts.h - what the files of the engine share. Private to node/http*.c. */
#include "node/http.h"

#include <sched.h>
#include <signal.h>

/* ---- http_seat.c: where the door says whose the request is that it sends over a socket pair: beside the
 * stream, so that nothing in it can say so. Door and engine hold a seat, each until its end of the pair is
 * closed. From any thread; what is in a seat is the door's to write while no request of it runs, and the
 * handler's to read while one does. */

struct seats;
struct seat {
    struct peer peer; /* zero: nobody */
};

struct seats *seats_new(void); /* NULL: no memory */
void seats_free(struct seats *all);
struct seat *seat_take(struct seats *all); /* held by both; NULL: no memory */
/* The seat that this peer is in. */
struct seat *seat_of_peer(struct peer *p);
void seat_leave(struct seats *all, struct seat *s); /* one of the two */

/* ---- http_defaults.c */
void http_defaults(struct http_options *o); /* for what is 0 */
size_t http_largest_body(const struct http_options *o);

/* ---- http_threads.c: threads made between these two serve requests: no signals, and SCHED_BATCH where the
 * system allows it. */
struct threads_before {
    sigset_t signals;
    int policy;
    struct sched_param param;
};
struct threads_before threads_begin(void);
void threads_end(const struct threads_before *before); /* the calling thread is as it was */
