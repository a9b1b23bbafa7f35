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

void quota_add(struct quota *q, struct span tenant, size_t bytes, size_t before)
{
    pthread_mutex_lock(&q->lock);
    struct use *u = find(q, tenant);
    if (u) {
        u->secrets += before == 0;
        u->bytes += bytes - before;
    }
    pthread_mutex_unlock(&q->lock);
}

bool quota_fits(struct quota *q, const struct policy_tenant *t, size_t bytes, size_t before)
{
    pthread_mutex_lock(&q->lock);
    const struct use *u = find(q, t->name);
    bool fits = u && (before > 0 || u->secrets < t->max_secrets) && u->bytes + bytes - before <= t->max_bytes;
    pthread_mutex_unlock(&q->lock);
    return fits;
}
