#pragma once
/* route.h - one line per endpoint: who may call it, with how much, and what runs. */
#include "node/head.h"

#include <sys/types.h>

struct node;

/* Who may call a route. */
enum access {
    ACCESS_UNSET, /* nobody: a forgotten column refuses */
    ACCESS_ANYONE,
    ACCESS_LOCAL,   /* the Unix socket, by root or our own user */
    ACCESS_TOKEN,   /* a token in X-Vault-Token or Authorization: admit() on the headers, before any body */
    ACCESS_SESSION, /* a cookie: admit() on the headers, before any body */
    ACCESS_SIGNED,  /* a signature in Authorization over the body's hash too: admit() after the body */
};

enum source { SOURCE_NONE, SOURCE_UNIX, SOURCE_LOOPBACK, SOURCE_PRIVATE, SOURCE_PUBLIC };

/* What the door knows of a connection; no header can change it. */
struct peer {
    bool tls;
    uint8_t cb[32]; /* TLS exporter, label "EXPORTER-sealring-v1", no context; zeros without TLS */
    bool local;     /* came by the Unix socket: uid, gid and pid are the kernel's word */
    uid_t uid;
    gid_t gid;
    pid_t pid;
    enum source source;
};

enum { REQUEST_ARGS = 6, REQUEST_ID = 33 };

struct request {
    enum method method;
    struct span path, query;       /* as head.h allows them: no percent sign, no empty segment */
    struct span arg[REQUEST_ARGS]; /* what the {} in the pattern matched */
    struct span body;
    struct span type, authorization, accept, cookie, vault_token; /* empty: not sent */
    struct peer peer;
    char id[REQUEST_ID]; /* 32 lower-case hex digits, drawn here, and a NUL */
};

enum { REPLY_COOKIE = 7 << 10 }; /* bytes, NUL included */

/* What a handler answers. {0} is empty. */
struct reply {
    int status;       /* 0 until something is said */
    const char *type; /* static text */
    uint8_t *body;    /* malloc'd; wiped and freed once sent */
    size_t n;
    unsigned retry_after;      /* seconds; 0: no such header */
    const char *cache;         /* Cache-Control, static text; NULL: "no-store" */
    char cookie[REPLY_COOKIE]; /* Set-Cookie; empty: none */
};
void reply_drop(struct reply *r);

#define TYPE_JSON  "application/json"
#define TYPE_BYTES "application/octet-stream"
#define TYPE_TEXT  "text/plain; charset=utf-8"

/* Takes what the buffer holds: afterwards it is empty. SR_ENOMEM when the buffer is bad, SR_EBUG when
 * something was already said: a handler answers once. */
enum sr_err reply_bytes(struct reply *r, int status, const char *type, struct buf *take);
enum sr_err reply_json(struct reply *r, int status, struct buf *take);

struct route {
    enum method method;
    const char *path; /* "/v1/keys/{}/wrap": {} takes one segment */
    enum access access;
    size_t max_body;  /* bytes; 0: none is read */
    const char *type; /* Content-Type a body must have; NULL: any */
    /* Runs in an engine thread and may block. Anything but SR_OK is worded by the protocol's error(); why is
     * never NULL and its reason is what the caller sees. */
    enum sr_err (*run)(struct node *, const struct request *, struct reply *, struct sr_why *);
};

struct protocol {
    const char *name; /* in logs. Refusals of paths below "/NAME/" are its to word, rows of its own or not */
    const struct route *routes;
    size_t n;
    /* Words a refusal: fills r, from {0}. */
    void (*error)(const struct request *, enum sr_err, const struct sr_why *, struct reply *r);
};

/* SR_OK: the route, and its arguments in req. SR_ENOENT, R_NOT_FOUND: no row has this path. SR_EDENIED,
 * R_METHOD: some have, none with this method; *ret_allow, "GET, POST", says which (at most 32 bytes). */
enum sr_err route_find(const struct protocol *p, struct request *req, const struct route **ret,
                       char ret_allow[static 32], struct sr_why *why);

/* The HTTP status of a refusal. */
int route_status(enum sr_err e, enum sr_reason reason);

/* The reason that a peer may see. */
const char *route_reason(enum sr_err e, const struct sr_why *why);

/* {"error":{"reason":"...","request_id":"..."}}: the native wording, and the door's. */
void route_error(const struct request *req, enum sr_err e, const struct sr_why *why, struct reply *r);

/* For tests and start: what is wrong with a table (no access, two rows alike, a path that is no pattern, a
 * row that runs nothing), or NULL. */
const char *route_check(const struct protocol *p);
