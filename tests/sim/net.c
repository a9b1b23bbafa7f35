#include "tests/sim/net.h"

#include <stdlib.h>
#include <string.h>

enum { LATE_US = 180 * 1000000, RECORDED = 6 };

bool net_reaches(int from, int to)
{
    return !world()->weather.cut[from][to];
}

uint64_t net_delay(void)
{
    struct world *w = world();
    const struct weather *h = &w->weather;
    uint64_t us = h->least_us + rng_below(&w->net, h->most_us - h->least_us + 1);
    return rng_chance(&w->net, h->late) ? us + rng_below(&w->net, LATE_US) : us;
}

static bool lost(void)
{
    struct world *w = world();
    return rng_chance(&w->net, w->weather.drop);
}

static void fill_request(const struct packet *p, struct request *q)
{
    struct span target = buf_span(&p->path);
    const uint8_t *mark = memchr(target.p, '?', target.n);
    size_t n = mark ? (size_t)(mark - target.p) : target.n;
    q->method = p->method;
    q->path = (struct span){ target.p, n };
    if (mark)
        q->query = (struct span){ mark + 1, target.n - n - 1 };
    q->type = buf_span(&p->type);
    q->authorization = buf_span(&p->authorization);
    q->peer.source = p->local ? SOURCE_UNIX : SOURCE_PRIVATE;
    q->peer.local = p->local;
    q->peer.tls = p->tls;
    memcpy(q->peer.cb, p->binding, sizeof q->peer.cb);
}

static void *bring_back(void *arg)
{
    struct packet *p = arg;
    fiber_sleep(net_delay());
    if (lost() || !net_reaches(p->to, p->from))
        return NULL;
    p->answered = true;
    fiber_wake(p, true);
    return NULL;
}

/* On the addressee's machine, as behind its door. */
static void *handle(void *arg)
{
    struct packet *p = arg;
    struct host *m = host_of(p->to);
    struct http *h = m->http;
    struct call call;
    struct reply reply = { 0 };
    h->running++;
    call_begin(&call, &h->calls);
    fill_request(p, &call.req);
    if (call_judge(&call, p->body.n) == SR_OK)
        call_take(&call, buf_span(&p->body));
    struct oracle_asked asked = oracle_asked(m, p);
    call_answer(&call, &reply);
    oracle_answered(m, p, &asked, &reply);
    memcpy(p->id, call.req.id, sizeof p->id);
    call_drop(&call);
    h->running--;
    fiber_wake(h, true);
    if (p->copy)
        return NULL;
    p->reply = reply;
    (void)fiber_start(HOST_NONE, bring_back, p);
    return NULL;
}

static void *carry(void *arg)
{
    struct packet *p = arg;
    fiber_sleep(p->delay_us);
    struct host *m = host_of(p->to);
    if (lost() || !net_reaches(p->from, p->to) || !m->up || !m->http || m->http->draining)
        return NULL;
    if (!p->copy && m->boots != p->boot) /* of a connection to the process before */
        return NULL;
    (void)fiber_start(p->to, handle, p);
    return NULL;
}

static void send_copy(const struct packet *p, uint64_t delay_us)
{
    struct packet *again = malloc(sizeof *again);
    if (!again)
        abort();
    *again = *p;
    again->copy = true;
    again->delay_us = delay_us;
    (void)fiber_start(HOST_NONE, carry, again);
}

static struct {
    const struct packet *v[RECORDED];
    size_t n;
} recorded[HOSTS_MAX];

static void record(const struct packet *p)
{
    if (p->method == POST)
        recorded[p->to].v[recorded[p->to].n++ % RECORDED] = p;
}

void net_send(struct packet *p)
{
    struct world *w = world();
    p->delay_us = net_delay();
    record(p);
    (void)fiber_start(HOST_NONE, carry, p);
    if (!rng_chance(&w->net, w->weather.twice))
        return;
    uint64_t other = net_delay();
    send_copy(p, rng_chance(&w->net, 500) ? p->delay_us : other); /* often at the same moment */
}

void net_local(struct packet *p)
{
    struct host *m = host_of(p->to);
    p->copy = true; /* nobody waits for the answer */
    if (m->up && m->http && !m->http->draining)
        (void)fiber_start(p->to, handle, p);
}

void net_echo(int to, unsigned which)
{
    size_t n = recorded[to].n < RECORDED ? recorded[to].n : RECORDED;
    if (n)
        send_copy(recorded[to].v[which % n], 0);
}
