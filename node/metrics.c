#include "node/metrics.h"

#define X(name, text, help) text,
static const char *const texts[METRIC_COUNT] = { SR_METRICS(X) };
#undef X
#define X(name, text, help) help,
static const char *const helps[METRIC_COUNT] = { SR_METRICS(X) };
#undef X

void metrics_add(struct metrics *m, enum metric which, uint64_t n)
{
    atomic_fetch_add_explicit(&m->v[which], n, memory_order_relaxed);
}

uint64_t metrics_get(struct metrics *m, enum metric which)
{
    return atomic_load_explicit(&m->v[which], memory_order_relaxed);
}

static void write_one(struct buf *ret, const char *name, const char *help, const char *type, uint64_t value)
{
    wr_fmt(ret, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", name, help, name, type, name,
           (unsigned long long)value);
}

void metrics_text(struct metrics *m, struct buf *ret)
{
    for (size_t i = 0; i < METRIC_COUNT; i++)
        write_one(ret, texts[i], helps[i], "counter", metrics_get(m, (enum metric)i));
}

void metrics_gauge(struct buf *ret, const char *name, const char *help, uint64_t value)
{
    write_one(ret, name, help, "gauge", value);
}
