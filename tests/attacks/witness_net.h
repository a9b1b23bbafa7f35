#pragma once
/* witness_net.h - a network of two members in this process that talk over loopback and whose policy wants one
 * witness: each is the other's. A member can lose its disk to an earlier copy of it, or run twice. */
#include "node/cosigners.h"
#include "tests/attacks/running.h"
#include "tests/attacks/witness_lab.h"

#include <time.h>

#define ONE_WITNESS ",\"witnesses\":{\"need\":1,\"wait_ms\":1500}"

enum { LIVE_THREADS = 4 }; /* that answer requests */

struct live {
    struct running *r;
    struct http *http;
    char address[64];
};

/* From here on others reach it. */
static inline void live_listen(struct live *l)
{
    struct http_options o = running_http();
    uint16_t port = 0;
    o.workers = LIVE_THREADS;
    l->r->config.threads = LIVE_THREADS;
    o.listeners[0].kind = LISTEN_PLAIN;
    o.n_listeners = 1;
    maker_need(http_listen(&o.listeners[0].fd, "127.0.0.1", 0, &port, NULL) == SR_OK &&
                   http_start(&l->http, &l->r->node, &o, NULL) == SR_OK,
               "HTTP");
    snprintf(l->address, sizeof l->address, "http://127.0.0.1:%u", port);
}

static inline void live_cosigners(struct live *l)
{
    maker_need(cosigners_start(l->r->core->cosigners) == SR_OK, "threads");
}

/* As the process stops: nobody answers any more. */
static inline void live_stop(struct live *l)
{
    if (!l->r->core)
        return;
    node_stop(&l->r->node);
    cosigners_stop(l->r->core->cosigners);
    if (l->http)
        http_stop(l->http);
    l->http = NULL;
    running_stop(l->r);
}

static inline void live_end(struct live *l)
{
    if (!l->r)
        return;
    live_stop(l);
    running_end(l->r);
    l->r = NULL;
}

struct witness_net {
    struct live a, b;
};

static inline void tell(struct live *to, const struct live *of)
{
    struct member_cert c = of->r->core->cert;
    snprintf(c.address, sizeof c.address, "%s", of->address);
    members_learn(to->r->core->members, &c);
}

static inline void witness_net_open(struct witness_net *w)
{
    SR_OWN(home) home = { 0 };
    struct core *c = NULL;
    struct sr_why why = { 0 };
    w->a.r = running_network(ONE_WITNESS);
    live_listen(&w->a);
    w->b.r = running_empty(w->a.r);
    live_listen(&w->b);
    T_ROW(joiner_try(&w->b.r->node, w->a.address, w->b.address, &home, &c, &why) == SR_OK, why.text);
    maker_need(c != NULL, "a join");
    running_member(w->b.r, c);
    tell(&w->a, &w->b);
    tell(&w->b, &w->a);
    live_cosigners(&w->a);
    live_cosigners(&w->b);
}

static inline void witness_net_drop(struct witness_net *w)
{
    live_end(&w->a);
    live_end(&w->b);
}

/* Once, as a workload asks: true when it has the key. */
static inline bool live_release(struct live *l, const struct home *keys, struct sr_why *why)
{
    SR_OWN(tape_w) w = { 0 };
    SR_OWN(buf) w3 = { 0 };
    *why = (struct sr_why){ 0 };
    return by_hand_w2(l->r, keys, &w, why) == SR_OK &&
           running_post(l->r, "/sealring/v1/release", buf_span(&w.m[W2]), &w3, why) == SR_OK &&
           by_hand_key(&w, buf_span(&w3), why);
}

static inline void a_moment(void)
{
    nanosleep(&(struct timespec){ 0, 20 * 1000000 }, NULL);
}

/* Until the key is there, or the answer is one that does not change by waiting. */
static inline bool live_release_soon(struct live *l, const struct home *keys, struct sr_why *why)
{
    for (int i = 0; i < 1500; i++, a_moment())
        if (live_release(l, keys, why) || (why->reason != R_UNWITNESSED && why->reason != R_NO_ANSWER))
            return why->reason == R_NONE;
    return false;
}

/* ---- disks */

static inline void live_copy(const struct live *l, const char *to)
{
    char line[256];
    snprintf(line, sizeof line, "rm -rf '%s/%s' && cp -a '%s/state' '%s/%s'", l->r->dir, to, l->r->dir,
             l->r->dir, to);
    maker_need(system(line) == 0, "a copy of the disk");
}

static inline void live_restore(const struct live *l, const char *from)
{
    char line[256];
    snprintf(line, sizeof line, "rm -rf '%s/state' && cp -a '%s/%s' '%s/state'", l->r->dir, l->r->dir, from,
             l->r->dir);
    maker_need(system(line) == 0, "the copy back");
}

/* Stops, gets the disk of the copy (NULL: keeps its own), and starts. Its address is gone; it needs none. */
static inline void live_restart(struct live *l, const char *copy)
{
    live_stop(l);
    if (copy)
        live_restore(l, copy);
    running_again(l->r);
    live_cosigners(l);
}

/* A second machine that starts from the copy. */
static inline void live_clone(struct live *from, const char *copy, struct live *ret)
{
    char line[256];
    ret->r = running_empty(from->r);
    node_close(&ret->r->node);
    ret->r->node = (struct node){ .log = from->r->node.log };
    snprintf(line, sizeof line, "rm -rf '%s/state' && cp -a '%s/%s' '%s/state'", ret->r->dir, from->r->dir,
             copy, ret->r->dir);
    maker_need(system(line) == 0, "a copy for another machine");
    running_start(ret->r);
    live_cosigners(ret);
}
