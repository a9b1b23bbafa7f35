/* host.c - a machine and the process on it, in the order of bootstrap/main.c without what belongs to the
 * kernel: signals, limits, the sandbox. */
#include "bootstrap/genesis.h"
#include "crypto/file.h"
#include "crypto/text.h"
#include "node/config_digest.h"
#include "tests/sim/disk.h"
#include "tests/sim/net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DRAIN_MS = 10000, LOG_FD = 1 << 20, ARGS_MAX = 64 };

/* One process. */
struct process {
    struct config config;
    struct node node;
    struct serve serve;
    struct life *life;
};

struct host *host_of(int id)
{
    struct world *w = world();
    return id >= 0 && (size_t)id < w->n ? &w->m[id] : NULL;
}

struct host *host_at(const char *address)
{
    struct world *w = world();
    for (size_t i = 0; i < w->n; i++)
        if (strcmp(w->m[i].address, address) == 0)
            return &w->m[i];
    return NULL;
}

struct sha256 code_digest(enum code c)
{
    return sha256(c == CODE_GOOD ? SPAN_STR("good code") : SPAN_STR("odd code"));
}

struct sha256 hardware_digest(int id)
{
    uint8_t machine = (uint8_t)id;
    return sha256((struct span){ &machine, 1 });
}

bool host_is_member(const struct host *m)
{
    return m->up && m->node && atomic_load(&m->node->core) != NULL;
}

/* The command line, as an administrator would have it. */
struct args {
    char text[ARGS_MAX][TEXT_MAX], *v[ARGS_MAX + 1];
    int n;
};

static void arg(struct args *a, const char *name, const char *value)
{
    snprintf(a->text[a->n], TEXT_MAX, "%s", name);
    a->v[a->n] = a->text[a->n];
    snprintf(a->text[a->n + 1], TEXT_MAX, "%s", value);
    a->v[a->n + 1] = a->text[a->n + 1];
    a->n += 2;
    a->v[a->n] = NULL;
}

static void configure(const struct host *m, struct config *ret)
{
    const struct world *w = world();
    static struct args a;
    enum config_action action;
    struct sr_why why = { 0 };
    a.n = 0;
    arg(&a, "sim", "--platform");
    a.n = 1;
    arg(&a, "--platform", "insecure");
    arg(&a, "--state-dir", m->dir);
    arg(&a, "--listen", "127.0.0.1:7443");
    arg(&a, "--address", m->address);
    arg(&a, "--sync-seconds", "10");
    arg(&a, "--challenge-ms", "30000");
    if (m->id == 0 && !m->lost) {
        arg(&a, "--genesis", "genesis.json");
        arg(&a, "--genesis-policy", "policy.json");
    }
    for (size_t i = 0; i < w->n; i++)
        if ((int)i != m->id)
            arg(&a, "--join", w->m[i].address);
    if (config_load(ret, &action, a.n, a.v, &why) != SR_OK)
        violated("harness", "configuration: %s", why.text);
    if (m->id != 0 || m->lost)
        snprintf(ret->cid, sizeof ret->cid, "%s", w->cid);
}

static void on_ready(struct node *n, void *ctx)
{
    struct host *m = ctx;
    char id[33];
    hex_text(SPAN(atomic_load(&n->core)->home.id.b), id);
    trace(m->id, "ready as %s", id);
    fiber_wake(m, true);
}

static enum sr_err start(struct host *m, struct process *p, struct sr_why *why)
{
    struct life_options o = { .on_ready = on_ready, .ctx = m };
    SR_TRY(node_open(&p->node, &p->config, why));
    SR_TRY(config_digest_check(&p->node.self, why));
    SR_TRY(serve_listen(&p->config, &p->serve, why));
    SR_TRY(node_start_fetcher(&p->node));
    SR_TRY(serve_start(&p->node, &p->serve, why));
    serve_address(&p->config, &p->serve, o.address);
    if (p->config.genesis[0]) {
        o.genesis = genesis_run;
        o.genesis_was_this = genesis_was_this;
    }
    return life_start(&p->node, &o, &p->life);
}

static bool stop(struct process *p)
{
    if (p->node.http)
        (void)!http_drain(p->node.http, DRAIN_MS);
    node_stop(&p->node);
    bool failed = life_join(p->life);
    http_stop(p->node.http);
    node_close(&p->node);
    return !failed;
}

static void down(struct host *m)
{
    m->up = m->stopping = false;
    m->node = NULL;
    m->http = NULL;
}

static void *run(void *ctx)
{
    struct host *m = ctx;
    struct sr_why why = { 0 };
    struct process *p = calloc(1, sizeof *p);
    if (!p)
        abort();
    configure(m, &p->config);
    p->node.log = (struct logger){ LOG_INFO, LOG_FD + m->id };
    m->node = &p->node;
    enum sr_err e = start(m, p, &why);
    while (e == SR_OK && !m->stopping)
        (void)fiber_wait(&m->stopping, FOREVER);
    bool good = stop(p) && e == SR_OK;
    free(p);
    down(m);
    trace(m->id, "stopped%s", good ? "" : " on an error of its own");
    if (!good)
        oracle_failed_start(m, e, &why);
    fiber_wake(m, true);
    return NULL;
}

void host_start(struct host *m)
{
    if (m->up || m->restoring)
        return;
    m->boots++;
    m->up = true;
    m->stopping = false;
    oracle_boot(m);
    trace(m->id, "starts, for the %u. time", m->boots);
    (void)fiber_start(m->id, run, m);
}

void host_stop(struct host *m)
{
    if (!m->up || m->stopping)
        return;
    trace(m->id, "is told to stop");
    m->stopping = true;
    fiber_wake(&m->stopping, true);
}

void host_crash(struct host *m)
{
    if (!m->up)
        return;
    trace(m->id, "crashes");
    down(m);
    fiber_wake(m, true);
    fiber_kill(m->id);
}
