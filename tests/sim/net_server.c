/* net_server.c - node/http.h without sockets: the doors of one process. */
#include "tests/sim/net.h"

#include <stdlib.h>

enum { BODIES = 256 << 20 };

enum sr_err http_listen(int *ret, const char *address, uint16_t port, uint16_t *ret_port, struct sr_why *why)
{
    (void)address, (void)why;
    *ret = -1;
    *ret_port = port;
    return SR_OK;
}

enum sr_err http_listen_unix(int *ret, const char *path, struct sr_why *why)
{
    (void)path, (void)why;
    *ret = -1;
    return SR_OK;
}

enum sr_err http_start(struct http **ret, struct node *node, const struct http_options *o, struct sr_why *why)
{
    struct host *m = host_of(fiber_host());
    struct http *h = calloc(1, sizeof *h);
    for (size_t i = 0; i < o->n_protocols; i++)
        if (route_check(o->protocols[i]))
            return sr_fail(why, SR_EBUG, R_INTERNAL, "%s", route_check(o->protocols[i]));
    if (!h)
        return SR_ENOMEM;
    *h = (struct http){ .host = m, .o = *o };
    h->o.max_body_memory = o->max_body_memory ? o->max_body_memory : BODIES;
    h->calls.node = node;
    h->calls.o = &h->o;
    *ret = m->http = h;
    return SR_OK;
}

enum sr_err http_reload(struct http *h, const char *chain, const char *key, struct sr_why *why)
{
    (void)h, (void)chain, (void)key, (void)why;
    return SR_OK;
}

enum sr_err http_drain(struct http *h, unsigned ms)
{
    uint64_t until = fiber_now() + (uint64_t)ms * 1000;
    h->draining = true;
    while (h->running && fiber_now() < until)
        (void)fiber_wait(h, until);
    return h->running ? SR_EBUSY : SR_OK;
}

unsigned http_connections(const struct http *h)
{
    return h->running;
}

void http_stop(struct http *h)
{
    if (!h)
        return;
    while (h->running)
        (void)fiber_wait(h, FOREVER);
    h->host->http = NULL;
    free(h);
}
