#pragma once
/* rotation_ring.h - a network of members in this process that reach each other by HTTP on loopback, and
 * operators who rotate its master. Insecure evidence; everything else is what daemons do. */
#include "node/epoch_pull.h"
#include "node/rotation.h"
#include "node/sync.h"
#include "proto/signed.h"
#include "tests/attacks/running.h"

enum { ROTATORS_MAX = 5 };

struct rotator {
    struct running *r;
    struct http *http;
    int listener; /* until http has it */
    char address[64];
};

struct rotation_ring {
    void (*prepare)(
        const struct running *); /* changes genesis.json before there is a network; NULL: nothing */
    size_t n;
    struct rotator m[ROTATORS_MAX];
};

static inline void rotator_listen(struct rotator *m)
{
    uint16_t port = 0;
    maker_need(http_listen(&m->listener, "127.0.0.1", 0, &port, NULL) == SR_OK, "a port");
    snprintf(m->address, sizeof m->address, "http://127.0.0.1:%u", port);
}

static inline void rotator_serve(struct rotator *m)
{
    struct http_options o = running_http();
    o.workers = 4;
    o.listeners[0].kind = LISTEN_PLAIN;
    o.listeners[0].fd = m->listener;
    o.n_listeners = 1;
    maker_need(http_start(&m->http, &m->r->node, &o, NULL) == SR_OK, "HTTP");
}

/* Not reachable, and its port is free for the time after. */
static inline void rotator_silent(struct rotator *m)
{
    http_stop(m->http);
    m->http = NULL;
}

static inline void rotator_reachable(struct rotator *m)
{
    unsigned port = 0;
    maker_need(sscanf(m->address, "http://127.0.0.1:%u", &port) == 1 &&
                   http_listen(&m->listener, "127.0.0.1", (uint16_t)port, NULL, NULL) == SR_OK,
               "its port again");
    rotator_serve(m);
}

static inline void ring_first(struct rotation_ring *l)
{
    struct rotator *m = &l->m[l->n++];
    struct core *c = NULL;
    SR_OWN(home) none = { 0 };
    struct sr_why why = { 0 };
    m->r = calloc(1, sizeof *m->r);
    maker_need(m->r != NULL, "memory");
    running_folder(m->r);
    running_genesis_files(m->r);
    if (l->prepare)
        l->prepare(m->r);
    running_configure(m->r);
    rotator_listen(m);
    T_ROW(node_open(&m->r->node, &m->r->config, &why) == SR_OK, why.text);
    T_ROW(genesis_run(&m->r->node, m->address, &none, &c, &why) == SR_OK, why.text);
    running_member(m->r, c);
    rotator_serve(m);
}

static inline struct rotator *ring_join(struct rotation_ring *l)
{
    struct rotator *m = &l->m[l->n++];
    struct core *c = NULL;
    SR_OWN(home) have = { 0 };
    struct sr_why why = { 0 };
    m->r = running_empty(l->m[0].r);
    rotator_listen(m);
    T_ROW(joiner_try(&m->r->node, l->m[0].address, m->address, &have, &c, &why) == SR_OK, why.text);
    maker_need(c != NULL, "a join");
    running_member(m->r, c);
    rotator_serve(m);
    return m;
}

/* kill -9 and a new start, on the same disk and port. */
static inline void rotator_again(struct rotator *m)
{
    rotator_silent(m);
    running_again(m->r);
    rotator_reachable(m);
}

static inline void rotator_end(struct rotator *m)
{
    http_stop(m->http);
    running_end(m->r);
}

static inline void ring_round(struct rotation_ring *l)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->m[i].http)
            sync_round(&l->m[i].r->node, l->m[i].r->core);
}

static inline struct rotation_ring *ring_open_with(size_t members, void (*prepare)(const struct running *))
{
    struct rotation_ring *l = calloc(1, sizeof *l);
    maker_need(l != NULL, "memory");
    l->prepare = prepare;
    ring_first(l);
    while (l->n < members)
        (void)ring_join(l);
    ring_round(l);
    ring_round(l);
    return l;
}

static inline struct rotation_ring *ring_open(size_t members)
{
    return ring_open_with(members, NULL);
}

static inline void ring_close(struct rotation_ring *l)
{
    for (size_t i = 0; i < l->n; i++)
        rotator_end(&l->m[i]);
    free(l);
}

static inline uint64_t rotator_epoch(const struct rotator *m)
{
    return maker_epochs_of(&m->r->core->home)->n;
}

static inline bool ring_all_at(const struct rotation_ring *l, uint64_t epoch)
{
    bool all = true;
    for (size_t i = 0; i < l->n; i++)
        all = all && rotator_epoch(&l->m[i]) == epoch;
    return all;
}

/* The operator of every lab is the administrator of its first member's genesis. */
static inline const struct running *ring_operator(const struct rotation_ring *l)
{
    return l->m[0].r;
}

static inline enum sr_err ring_draw(struct rotation_ring *l, size_t at, struct rotation_file *ret,
                                    struct sr_why *why)
{
    SR_OWN(buf) file = { 0 };
    SR_TRY(rotation_draw(l->m[at].r->core->rotation, &file, why));
    return rotation_file_parse(buf_span(&file), ret, why);
}

static inline enum sr_err ring_submit(struct rotation_ring *l, size_t at, const struct rotation_file *f,
                                      struct sr_why *why)
{
    SR_OWN(buf) file = { 0 };
    rotation_file_write(f, &file);
    return rotation_link(l->m[at].r->core->rotation, buf_span(&file), why);
}

/* Draw, approve, link. */
static inline enum sr_err ring_link(struct rotation_ring *l, size_t at, struct sr_why *why)
{
    SR_OWN(rotation_file) f = { 0 };
    const struct running *op = ring_operator(l);
    SR_TRY(ring_draw(l, at, &f, why));
    SR_TRY(rotation_approve(&f, &op->admin, &op->admin_pub, why));
    return ring_submit(l, at, &f, why);
}
