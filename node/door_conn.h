#pragma once
/* door_conn.h - inside the door: one connection, and what loop, transport and state machine say to each
 * other. Everything here belongs to the one thread of its loop but what is marked shared. */
#include "node/answer.h"
#include "node/chunk.h"
#include "node/door.h"

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/socket.h>

/* Each state has one deadline, of one length for all: so the connections of a state, in the order they
 * entered it, are in the order of their deadlines. */
enum timer { TIMER_HANDSHAKE, TIMER_HEAD, TIMER_BODY, TIMER_ANSWER, TIMER_IDLE, TIMER_LINGER, TIMERS };

enum { BLOCK_SIZE = 16 << 10 };

/* Bytes on their way; memory only while there are any. */
struct block {
    uint8_t *p; /* size bytes: BLOCK_SIZE, or more for a wide head */
    size_t size;
    size_t at, end, high; /* high: how far it was ever written, and is to be wiped */
};
bool block_open(struct block *b);                /* false: no memory */
bool block_resize(struct block *b, size_t size); /* what is in it fits; false: no memory, and as it was */
struct span block_data(const struct block *b);
size_t block_room(const struct block *b);
uint8_t *block_tail(struct block *b); /* where block_room() bytes may be put; then block_grew() */
void block_grew(struct block *b, size_t n);
void block_put(struct block *b, struct span s); /* s.n <= block_room() */
void block_take(struct block *b, size_t n);
void block_drop(struct block *b); /* wipes */

enum watch_kind { WATCH_LISTENER, WATCH_CLIENT, WATCH_ENGINE, WATCH_WAKE };

/* One file descriptor in epoll. */
struct watch {
    enum watch_kind kind;
    int fd;
    uint32_t events; /* asked for now */
    bool added;
    void *owner; /* struct conn, struct loop, or struct http_listener */
};

/* A connection to the engine. It serves one request at a time, whosever comes next. */
struct engine {
    struct watch watch;
    struct conn *conn; /* whose request it serves; NULL: nobody's */
    unsigned worker;
    struct peer *peer;   /* where to say whose the request is */
    bool ready;          /* may be read: epoll said so and nothing was short since */
    bool eof, deaf;      /* deaf: takes no more of the body */
    struct engine *next; /* in the list of the idle, or of the dead */
};

enum conn_state {
    CONN_HANDSHAKE,
    CONN_HEAD,   /* a request head comes in, or nothing yet */
    CONN_BUSY,   /* body up, answer down */
    CONN_SAYING, /* the door's own refusal goes out */
    CONN_LINGER, /* all is said; what still comes is thrown away, so that a reset does not eat the answer */
    CONN_DEAD,
};

struct origin { /* who it counts for: an IPv4 address, or a /64 */
    uint8_t b[8];
};

struct conn {
    struct loop *loop;
    struct conn *prev, *next; /* in its timer's list, or in the list of the dead */
    enum timer timer;
    uint64_t since, deadline; /* ms */

    enum conn_state state;
    struct peer peer;
    struct origin source;
    SSL *tls; /* NULL: plain */
    struct watch client;
    struct engine *engine; /* while a request runs; else NULL */
    bool client_ready;     /* may be read: epoll said so and nothing was short since */
    bool client_eof;
    bool want_out;     /* the socket to the client is full */
    bool read_blocked; /* TLS must write before it can read on */
    bool tls_dry;      /* what TLS holds is less than a record: only the client can change that */
    bool tcp;          /* counts against the caps */
    bool wide;         /* has one of the few places for a head over HEAD_MAX, until its answer has left */

    struct block in, up, down;
    size_t scanned; /* of in: head_find() was here */
    bool last;      /* the client asked for no more than this request */
    bool said;      /* some of the answer has left, or was tried to */
    bool chunked, body_done;
    struct chunk chunk;
    uint64_t body_left;
    struct answer answer;
    size_t pass; /* bytes at the front of down that may leave */
    size_t discarded;
};

void conn_run(struct conn *c);     /* does all that can be done now, then says what to wait for */
void conn_timeout(struct conn *c); /* its deadline has passed */
void conn_close(struct conn *c);   /* at once; freed by the loop after this round */

/* Says no in the engine's place, if the client can still be told; else closes. */
void conn_refuse(struct conn *c, const struct sr_why *why);

/* ---- between client and engine, while a request runs: door_pump.c. True: something moved ---- */
bool pump_up(struct conn *c);     /* body bytes from in to up, framed anew; may refuse or close */
bool pump_write(struct conn *c);  /* up to the engine */
bool pump_read(struct conn *c);   /* from the engine to down */
bool pump_follow(struct conn *c); /* how much of down may leave; false: it makes no sense, or ends too soon */

/* ---- transport: door_tls.c ---- */
enum io { IO_OK, IO_WAIT, IO_WAIT_OUT, IO_EOF, IO_FAIL }; /* WAIT: for input; WAIT_OUT: for room */
enum sr_err tls_context(const char *chain, const char *key, SSL_CTX **ret, struct sr_why *why);
enum io io_handshake(struct conn *c); /* then the channel binding is in c->peer */
enum io io_read(struct conn *c, uint8_t *p, size_t n, size_t *got);
enum io io_write(struct conn *c, const uint8_t *p, size_t n, size_t *put);
bool io_pending(const struct conn *c); /* records wait inside, of which epoll knows nothing */
void io_park(struct conn *c);          /* lets go of the buffers inside */
void io_end(struct conn *c);           /* tells the client that no more comes */

/* ---- who holds how many: door_source.c; shared, one lock ---- */
struct sources;
struct sources *sources_new(void);
void sources_free(struct sources *s);
bool sources_add(struct sources *s, struct origin who,
                 unsigned max); /* false: has max already, or no memory */
void sources_remove(struct sources *s, struct origin who);
/* Class and counted part of an address. */
enum source source_of(const struct sockaddr_storage *a, struct origin *ret);

/* ---- heads over HEAD_MAX: door_wide.c ---- */
bool wide_take(
    struct conn *c); /* a place and its memory; true when it has one. false: none left, or no memory */
void wide_drop(struct conn *c); /* gives the place back; the engine behind it goes with it */

/* ---- the engine: door_engine.c ---- */
/* Gives the connection one for its request, of a worker that has none if there is such a worker, and says
 * whose the request is; one with memory for a wide head to a connection that has one. false: none to be had.
 */
bool engine_get(struct conn *c);
void engine_keep(
    struct conn *c); /* the request is over, to the last byte of both sides: it may serve others */
void engine_drop(struct conn *c); /* in the middle of one, or none */
/* One that serves nobody has something to say: goodbye, or what nobody asked for. */
void engine_leave(struct loop *l, struct engine *e);
void engine_close_all(struct loop *l); /* those that serve nobody */
void engine_bury(struct loop *l);      /* frees the dead */

/* ---- loop: door_loop.c ---- */
struct loop {
    struct door *door;
    pthread_t thread;
    int epoll;
    struct watch wake, listeners[HTTP_LISTENERS];
    struct conn timers[TIMERS]; /* list heads */
    struct conn *dead;
    struct engine **idle, *dead_engines; /* idle: a list for each worker */
    unsigned n_idle;
    uint64_t now;       /* ms, monotonic */
    uint64_t accept_at; /* 0: accepting; else when paused listeners try again */
    bool drained;
};

enum sr_err loop_open(struct loop *l, struct door *d); /* on failure what was opened is closed */
/* The loop's thread: runs until the door stops. */
void *loop_main(void *loop);
void loop_close(struct loop *l);
void loop_watch(struct loop *l, struct watch *w, uint32_t events); /* 0 events on the engine: not at all */
void loop_forget(struct loop *l, struct watch *w);                 /* before its descriptor is closed */
void loop_timer(struct conn *c, enum timer t);                     /* starts its deadline */
void loop_bury(struct conn *c); /* out of its list, freed after this round */

struct door {
    struct door_options o;
    struct loop *loops;
    size_t n_loops;
    struct sources *sources, *wide; /* of all connections, and of those with a wide head */
    pthread_mutex_t lock;           /* guards tls */
    SSL_CTX *tls;                   /* shared */
    atomic_uint *busy;              /* shared: requests that each worker has */
    atomic_uint tcp, local;         /* shared: open connections */
    atomic_uint wide_n;             /* shared: wide heads */
    atomic_bool draining, stop;     /* shared */
};
