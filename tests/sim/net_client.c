/* net_client.c - node/wire/http_client.h without sockets: nodes and people call machines by it. */
#include "crypto/url.h"
#include "node/wire/http_verdict.h"
#include "tests/sim/net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CALL_MS = 30000, CONNECT_US = 5000000, SLICE_US = 1000000 };

struct http_client {
    char base[TEXT_MAX];
    struct http_client_options o;
    struct host *to;
    unsigned boot; /* of the process at the other end; 0: no connection */
    uint8_t binding[CHANNEL_BINDING_SIZE];
    enum sr_err bound;
};

void http_reply_drop(struct http_reply *r)
{
    buf_drop(&r->body);
    buf_drop(&r->kept);
    *r = (struct http_reply){ 0 };
}

enum sr_err http_client_new(const struct http_client_options *o, struct http_client **ret)
{
    struct http_client *c = calloc(1, sizeof *c);
    if (!c || !url_of_node(span_of(o->base))) {
        free(c);
        return c ? SR_EFORMAT : SR_ENOMEM;
    }
    *c = (struct http_client){ .o = *o, .to = host_at(o->base), .bound = SR_ENOENT };
    snprintf(c->base, sizeof c->base, "%s", o->base);
    *ret = c;
    return SR_OK;
}

void http_client_free(struct http_client *c)
{
    free(c);
}

void http_client_timeout(struct http_client *c, unsigned ms)
{
    c->o.timeout_ms = ms;
}

enum sr_err http_client_binding(const struct http_client *c, uint8_t ret[static CHANNEL_BINDING_SIZE])
{
    if (c->bound == SR_OK)
        memcpy(ret, c->binding, sizeof c->binding);
    return c->bound;
}

static enum sr_err broken(struct http_client *c, const struct http_call *call, const char *what,
                          struct sr_why *why)
{
    c->boot = 0;
    c->bound = SR_ESTALE;
    return sr_fail(why, SR_EIO, R_NO_ANSWER, "%s %s at %s: %s", call->method, call->path, c->base, what);
}

/* A connection of its own exporter, if there is somebody at the other end. */
static bool connect_to(struct http_client *c, int from)
{
    const struct host *m = c->to;
    bool reached = m && net_reaches(from, m->id) && net_reaches(m->id, from);
    if (c->boot && reached && m->up && m->http && c->boot == m->boots)
        return true;
    c->boot = 0;
    uint64_t wait = reached ? 2 * net_delay() : CONNECT_US;
    fiber_sleep(wait < CONNECT_US ? wait : CONNECT_US);
    if (wait > CONNECT_US)
        return false;
    if (!reached || !m->up || !m->http || m->http->draining)
        return false;
    c->boot = m->boots;
    for (size_t i = 0; i < sizeof c->binding; i++)
        c->binding[i] = (uint8_t)rng_next(&world()->net);
    return true;
}

static void put(struct buf *b, const char *text)
{
    if (text)
        wr_text(b, text);
}

static struct packet *pack(const struct http_client *c, const struct http_call *call, int from)
{
    struct packet *p = calloc(1, sizeof *p);
    if (!p)
        abort();
    *p = (struct packet){ .from = from, .to = c->to->id, .boot = c->boot, .tls = true };
    p->sent_us = fiber_now();
    p->from_boot = host_of(from) ? host_of(from)->boots : 0;
    p->method = strcmp(call->method, "GET") == 0 ? GET : strcmp(call->method, "PUT") == 0 ? PUT : POST;
    put(&p->path, call->path);
    put(&p->type, call->type);
    put(&p->authorization, call->authorization);
    wr_span(&p->body, call->body);
    memcpy(p->binding, c->binding, sizeof p->binding);
    return p;
}

/* NULL: answered; else why not. */
static const char *wait_for(struct http_client *c, struct packet *p)
{
    uint64_t end = fiber_now() + (uint64_t)(c->o.timeout_ms ? c->o.timeout_ms : CALL_MS) * 1000;
    while (!p->answered) {
        uint64_t slice = fiber_now() + SLICE_US;
        (void)fiber_wait(p, slice < end ? slice : end);
        if (p->answered)
            break;
        if (fiber_now() >= end)
            return "timed out";
        if (c->o.stop && c->o.stop(c->o.stop_ctx))
            return "stopped";
        if (!c->to->up || c->to->boots != p->boot)
            return "connection reset";
    }
    return NULL;
}

enum sr_err http_client_call(struct http_client *c, const struct http_call *call, struct http_reply *ret,
                             struct sr_why *why)
{
    int from = fiber_host();
    http_reply_drop(ret);
    if (!connect_to(c, from))
        return broken(c, call, "no connection", why);
    struct packet *p = pack(c, call, from);
    net_send(p);
    const char *failure = wait_for(c, p);
    if (failure)
        return broken(c, call, failure, why);
    c->bound = SR_OK;
    ret->status = (unsigned)p->reply.status;
    wr_span(&ret->body, (struct span){ p->reply.body, p->reply.n });
    snprintf(ret->request_id, sizeof ret->request_id, "%s", p->id);
    return http_verdict(c->base, call, ret, why);
}
