/* events_epoch.c - operators who rotate the master, and workloads that go along. */
#include "tests/sim/events.h"

void event_follow(struct host *m, uint64_t b)
{
    workload_follows(b / PATHS % 4 ? event_one_up(m) : m, b / 16 % 2 ? tenant_path((unsigned)b) : NULL);
}

void event_probe(struct host *m, uint64_t b)
{
    (void)b;
    workload_probes(m);
}

void event_ask_draw(struct host *m, uint64_t b)
{
    operator_draws(event_one_up(m), b);
}

void event_rotate(struct host *m, uint64_t b)
{
    operator_rotates(event_one_up(m), b);
}

void event_rotate_twice(struct host *m, uint64_t b)
{
    struct world *w = world();
    operator_rotates(m, b);
    operator_rotates(&w->m[((size_t)m->id + 1) % w->n], b / 2);
}

void event_submit(struct host *m, uint64_t b)
{
    operator_submits(m, b);
}
