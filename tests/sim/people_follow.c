/* people_follow.c - a workload that stays: it learnt the network once, and goes along with every rotation as
 * libsealring does. */
#include "client/workload.h"
#include "tests/sim/oracle_epoch.h"
#include "tests/sim/people.h"

#include <stdio.h>
#include <stdlib.h>

static struct network known;

size_t workload_knows(void)
{
    return known.n;
}

struct errand {
    struct host *m;
    const char *path; /* NULL: a derived key */
};

static enum sr_err call(const struct errand *e, struct network *net, struct fetched *ret, struct sr_why *why)
{
    SR_OWN(remote) r = { 0 };
    SR_OWN(machine) workload = { 0 };
    struct want_list wants = { .n = 1, .want = { { "demo", "app/disk", WANT_RAW, 1, 32 } } };
    const struct machine_options how = { .platform = "insecure", .event_log = "workload" };
    const struct remote_options o = { .node = e->m->address, .cid = world()->cid, .timeout_s = 10 };
    if (net->n) /* any version: it is the number of an epoch */
        wants.want[0].version = 1 + (uint32_t)rng_below(&world()->people, net->n);
    if (e->path) {
        wants.want[0] = (struct want){ "demo", "", WANT_SECRET, 0, 0 };
        snprintf(wants.want[0].path, sizeof wants.want[0].path, "%s", e->path);
    }
    SR_TRY(remote_open(&o, &r, why));
    SR_TRY(machine_open(&how, &workload, why));
    if (!net->n)
        SR_TRY(network_learn(&r, net, why));
    return workload_keys(&r, &workload, &how, net, &wants, ret, why);
}

static void got(const struct errand *e, uint64_t least, const struct release_value *v)
{
    const struct released_value value = { e->path, least, v->version, secret_span(&v->value) };
    if (e->path)
        oracle_released(e->m, &value);
    else
        oracle_derived(e->m, v->version, secret_span(&v->value));
}

static enum sr_err follow(const struct errand *e, struct sr_why *why)
{
    SR_OWN(fetched) f = { 0 };
    struct network net = known;
    uint64_t least = e->path ? oracle_newest(e->m, e->path) : 0;
    enum sr_err result = call(e, &net, &f, why);
    if (net.n > known.n)
        known = net;
    if (result == SR_OK)
        got(e, least, &f.released.values.v[0]);
    trace(WORKLOAD, "at epoch %zu: %s %s", net.n, result == SR_OK ? "good" : sr_strerror(result), why->text);
    return result;
}

static void *follows(void *arg)
{
    struct sr_why why = { 0 };
    (void)(follow(arg, &why) == SR_OK);
    free(arg);
    return NULL;
}

void workload_follows(struct host *m, const char *path)
{
    struct errand *e = malloc(sizeof *e);
    if (!e)
        abort();
    *e = (struct errand){ m, path };
    trace(WORKLOAD, "that knows the network asks m%d for %s", m->id, path ? path : "a derived key");
    (void)fiber_start(WORKLOAD, follows, e);
}

/* A challenge that stands on the epoch after the one in use, for nobody's benefit but its own. */
static void *probes(void *arg)
{
    struct host *m = arg;
    SR_OWN(remote) r = { 0 };
    SR_OWN(buf) w1 = { 0 };
    struct sr_why why = { 0 };
    char path[64];
    const struct remote_options o = { .node = m->address, .cid = world()->cid, .timeout_s = 10 };
    snprintf(path, sizeof path, "/sealring/v1/release/challenge?epoch=%llu",
             (unsigned long long)oracle_epoch_of(m) + 1);
    enum sr_err e = remote_open(&o, &r, &why);
    if (e == SR_OK)
        e = remote_post(&r, path, "application/octet-stream", (struct span){ 0 }, &w1, &why);
    trace(WORKLOAD, "asks m%d for the epoch to come: %s %s", m->id, e == SR_OK ? "good" : sr_strerror(e),
          why.text);
    return NULL;
}

void workload_probes(struct host *m)
{
    (void)fiber_start(WORKLOAD, probes, m);
}

static void *asks(void *arg)
{
    struct sr_why why = { 0 };
    return follow(arg, &why) == SR_OK ? arg : NULL;
}

bool workload_goes_on(struct host *m, const char *path)
{
    struct errand e = { m, path };
    return fiber_join(fiber_start(WORKLOAD, asks, &e)) != NULL;
}
