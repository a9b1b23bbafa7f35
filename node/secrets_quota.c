#include "node/secrets_quota.h"

#include "proto/glob.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct use {
    char tenant[GLOB_TENANT_MAX + 1];
    uint64_t secrets, bytes;
};

struct quota {
    pthread_mutex_t lock; /* guards all below */
    size_t n;
    struct use v[4 * POLICY_TENANTS_MAX]; /* policies come and go; tenants that left keep their rows */
};

enum sr_err quota_new(struct quota **ret)
{
    struct quota *q = calloc(1, sizeof *q);
    if (!q)
        return SR_ENOMEM;
    pthread_mutex_init(&q->lock, NULL);
    *ret = q;
    return SR_OK;
}

void quota_free(struct quota *q)
{
    if (!q)
        return;
    pthread_mutex_destroy(&q->lock);
    free(q);
}

static struct use *find(struct quota *q, struct span tenant)
{
    for (size_t i = 0; i < q->n; i++)
        if (span_eq(tenant, span_of(q->v[i].tenant)))
            return &q->v[i];
    if (q->n == sizeof q->v / sizeof *q->v || tenant.n > GLOB_TENANT_MAX)
        return NULL;
    struct use *u = &q->v[q->n++];
    memcpy(u->tenant, tenant.p, tenant.n);
    return u;
}

static void add(struct use *u, const struct quota_change *c)
{
    u->secrets += c->before == 0;
    u->bytes += c->bytes - c->before;
}

void quota_add(struct quota *q, const struct quota_change *c)
{
    pthread_mutex_lock(&q->lock);
    struct use *u = find(q, c->tenant);
    if (u)
        add(u, c);
    pthread_mutex_unlock(&q->lock);
}

bool quota_take(struct quota *q, const struct policy_tenant *t, const struct quota_change *c)
{
    pthread_mutex_lock(&q->lock);
    struct use *u = find(q, c->tenant);
    bool fits = u && (c->before > 0 || u->secrets < t->max_secrets) &&
                u->bytes + c->bytes - c->before <= t->max_bytes;
    if (fits)
        add(u, c);
    pthread_mutex_unlock(&q->lock);
    return fits;
}

void quota_undo(struct quota *q, const struct quota_change *c)
{
    pthread_mutex_lock(&q->lock);
    struct use *u = find(q, c->tenant);
    if (u) {
        u->secrets -= c->before == 0;
        u->bytes -= c->bytes - c->before;
    }
    pthread_mutex_unlock(&q->lock);
}
