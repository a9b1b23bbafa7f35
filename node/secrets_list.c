/* Walks over what is stored: for tenants' administrators, and for members to compare. */
#include "node/core.h"
#include "node/secrets_parts.h"

#include <stdlib.h>
#include <string.h>

struct walk {
    struct span tenant; /* empty: all */
    enum sr_err (*visit)(void *ctx, const struct package *p);
    void *ctx;
};

static enum sr_err walk_one(void *ctx, const struct keystore_name *n, const struct keystore_item *item)
{
    struct walk *w = ctx;
    struct package p;
    if (!secrets_is_newest(n) || (w->tenant.n && !span_eq(w->tenant, n->tenant)))
        return SR_OK;
    SR_TRY(package_read(secret_span(&item->value), &p, NULL));
    return w->visit(w->ctx, &p);
}

enum sr_err secrets_list(struct secrets *s, struct span tenant,
                         enum sr_err (*visit)(void *ctx, const struct package *p), void *ctx,
                         struct sr_why *why)
{
    struct walk w = { tenant, visit, ctx };
    return keystore_list(s->core->home.ks, KT_PACKAGE, walk_one, &w, why);
}

struct tally {
    const struct policy *policy;
    uint32_t *n;
};

static enum sr_err tally_one(void *ctx, const struct keystore_name *n, const struct keystore_item *item)
{
    struct tally *t = ctx;
    struct package p;
    if (!secrets_is_newest(n) || !policy_tenant(t->policy, n->tenant))
        return SR_OK;
    SR_TRY(package_glance(secret_span(&item->value), &p, NULL));
    if (p.kind == PACKAGE_VALUE && p.epoch >= 1 && p.epoch <= EPOCHS_MAX)
        t->n[p.epoch - 1]++;
    return SR_OK;
}

enum sr_err secrets_by_epoch(struct secrets *s, const struct policy *p, uint32_t ret[static EPOCHS_MAX],
                             struct sr_why *why)
{
    struct tally t = { p, ret };
    memset(ret, 0, EPOCHS_MAX * sizeof *ret);
    return keystore_list(s->core->home.ks, KT_PACKAGE, tally_one, &t, why);
}

static enum sr_err add_hash(void *ctx, const struct package *p)
{
    wr_span(ctx, SPAN(p->hash.b));
    return SR_OK;
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct sha256));
}

enum sr_err secrets_digest(struct secrets *s, struct buf *ret, struct sr_why *why)
{
    SR_OWN(buf) hashes = { 0 };
    SR_TRY(secrets_list(s, (struct span){ 0 }, add_hash, &hashes, why));
    if (!buf_ok(&hashes))
        return SR_ENOMEM;
    size_t n = hashes.n / sizeof(struct sha256);
    if (n)
        qsort(hashes.p, n, sizeof(struct sha256), by_bytes);
    wr_u32be(ret, (uint32_t)n);
    wr_span(ret, buf_span(&hashes));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}
