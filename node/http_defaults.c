#include "node/http_parts.h"

#include <sys/resource.h>

static unsigned or_default(unsigned given, unsigned otherwise)
{
    return given ? given : otherwise;
}

/* Each connection may need three descriptors: its own and a socket pair. */
static unsigned connections_fit(unsigned wanted)
{
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) < 0 || r.rlim_cur == RLIM_INFINITY)
        return wanted;
    rlim_t most = r.rlim_cur > 256 ? (r.rlim_cur - 192) / 3 : 16;
    return wanted < most ? wanted : (unsigned)most;
}

void http_defaults(struct http_options *o)
{
    o->workers = or_default(o->workers, 4);
    o->door_threads = or_default(o->door_threads, 1);
    o->max_connections = connections_fit(or_default(o->max_connections, 4096));
    o->max_per_source = or_default(o->max_per_source, 256);
    o->max_wide = or_default(o->max_wide, 64);
    o->max_wide_per_source = or_default(o->max_wide_per_source, 16);
    o->max_body_memory = o->max_body_memory ? o->max_body_memory : (size_t)256 << 20;
    o->deadline.handshake = or_default(o->deadline.handshake, 5000);
    o->deadline.head = or_default(o->deadline.head, 5000);
    o->deadline.body = or_default(o->deadline.body, 30000);
    o->deadline.answer = or_default(o->deadline.answer, 120000);
    o->deadline.idle = or_default(o->deadline.idle, 60000);
    o->deadline.linger = or_default(o->deadline.linger, 2000);
}

size_t http_largest_body(const struct http_options *o)
{
    size_t most = 0;
    for (size_t i = 0; i < o->n_protocols; i++)
        for (size_t j = 0; j < o->protocols[i]->n; j++)
            if (o->protocols[i]->routes[j].max_body > most)
                most = o->protocols[i]->routes[j].max_body;
    return most;
}
