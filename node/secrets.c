#include "node/secrets_parts.h"

#include "node/clock.h"
#include "node/core.h"
#include "node/node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION_NAME_MAX = GLOB_PATH_MAX + 16, TRIES = 4, VERSIONS_KEPT = 16 /* the newest is one */ };

/* path@version: '@' is in no path, so these names can't be paths. */
struct version_name {
    char b[VERSION_NAME_MAX];
};

static struct version_name version_name(struct span path, uint32_t version)
{
    struct version_name n;
    snprintf(n.b, sizeof n.b, "%.*s@%u", (int)path.n, (const char *)path.p, version);
    return n;
}

static struct keystore_name row(struct span tenant, struct span name)
{
    return (struct keystore_name){ .table = KT_PACKAGE, .tenant = tenant, .name = name };
}

bool secrets_is_newest(const struct keystore_name *n)
{
    return n->table == KT_PACKAGE && n->tenant.n > 0 && !memchr(n->name.p, '@', n->name.n);
}

static enum sr_err count_one(void *ctx, const struct keystore_name *n, const struct keystore_item *item)
{
    if (secrets_is_newest(n))
        quota_add(ctx, &(struct quota_change){ n->tenant, item->value.n, 0 });
    return SR_OK;
}

enum sr_err secrets_open(struct node *n, struct core *c, struct secrets **ret, struct sr_why *why)
{
    struct secrets *s = calloc(1, sizeof *s);
    if (!s)
        return SR_ENOMEM;
    s->node = n;
    s->core = c;
    s->known = package_known_new();
    enum sr_err e = s->known ? quota_new(&s->quota) : SR_ENOMEM;
    if (e == SR_OK)
        e = keystore_list(c->home.ks, KT_PACKAGE, count_one, s->quota, why);
    if (e == SR_OK)
        *ret = s;
    else
        secrets_close(s);
    return e;
}

void secrets_close(struct secrets *s)
{
    if (!s)
        return;
    quota_free(s->quota);
    package_known_free(s->known);
    free(s);
}

/* What is stored under a path now: its item owns the bytes that p borrows. */
struct stored {
    bool there;
    struct keystore_item item;
    struct package p;
};

static void stored_drop(struct stored *s)
{
    keystore_item_drop(&s->item);
}

static enum sr_err read_stored(struct secrets *s, struct span tenant, struct span path, struct stored *ret,
                               struct sr_why *why)
{
    struct keystore_name n = row(tenant, path);
    enum sr_err e = keystore_get(s->core->home.ks, &n, &ret->item, why);
    if (e == SR_ENOENT)
        return SR_OK;
    SR_TRY(e);
    ret->there = true;
    return package_read_known(s->known, secret_span(&ret->item.value), &ret->p, why);
}

static void write_rows(struct keystore_txn *t, const struct package *p, struct span bytes, uint64_t seq)
{
    SR_OWN(buf) pointer = { 0 };
    struct span tenant = span_of(p->tenant), path = span_of(p->path);
    struct version_name v = version_name(path, p->version);
    struct keystore_name newest = row(tenant, path), one = row(tenant, span_of(v.b)),
                         by_hash = row((struct span){ 0 }, SPAN(p->hash.b));
    wr_lp(&pointer, tenant);
    wr_lp(&pointer, path);
    wr_u32be(&pointer, p->version);
    keystore_txn_expect(t, &newest, seq);
    keystore_txn_put(t, &newest, p->version, p->created, bytes);
    keystore_txn_put(t, &one, p->version, p->created, bytes);
    keystore_txn_put(t, &by_hash, p->version, p->created, buf_span(&pointer));
}

static enum sr_err forget(struct secrets *s, struct keystore_txn *t, const struct package *now,
                          uint32_t version)
{
    SR_OWN(keystore_item) item = { 0 };
    struct package p;
    struct version_name v = version_name(span_of(now->path), version);
    struct keystore_name one = row(span_of(now->tenant), span_of(v.b));
    enum sr_err e = keystore_get(s->core->home.ks, &one, &item, NULL);
    if (e == SR_ENOENT)
        return SR_OK;
    SR_TRY(e);
    SR_TRY(package_read(secret_span(&item.value), &p, NULL));
    struct keystore_name by_hash = row((struct span){ 0 }, SPAN(p.hash.b));
    keystore_txn_del(t, &one);
    keystore_txn_del(t, &by_hash);
    return SR_OK;
}

/* A tombstone takes every older version with it. So does a version that does not link to the newest: what
 * came between, perhaps a tombstone, is not known here. Otherwise the oldest goes that is not kept, or a
 * tenant could fill the disk with versions of one secret. */
static enum sr_err forget_older(struct secrets *s, struct keystore_txn *t, const struct package *now,
                                const struct package *next)
{
    bool linked = next->version == now->version + 1 && sha256_eq(&next->prev, &now->hash);
    uint32_t oldest = now->version >= VERSIONS_KEPT ? now->version - VERSIONS_KEPT + 1 : 1;
    if (linked && next->kind == PACKAGE_VALUE)
        return oldest + VERSIONS_KEPT == next->version ? forget(s, t, now, oldest) : SR_OK;
    for (uint32_t v = oldest; v <= now->version && v != next->version; v++)
        SR_TRY(forget(s, t, now, v));
    return SR_OK;
}

static enum sr_err commit(struct secrets *s, const struct stored *now, const struct package *p,
                          struct span bytes)
{
    SR_OWN(keystore_txn) txn = { 0 };
    SR_OWN(buf) b = { 0 };
    SR_OWN(epochs_hold) epochs = epochs_holder_get(s->core->home.epochs);
    const struct keyring *k = epochs.e->keyring;
    SR_OWN(buf) name = { 0 };
    wr_lp(&name, span_of(p->tenant));
    wr_lp(&name, span_of(p->path));
    struct leaf l = { .type = p->kind == PACKAGE_TOMBSTONE ? LEAF_DELETE : LEAF_PUT,
                      .time = clock_unix(),
                      .tenant = keyring_leaf_id(k, LEAF_ID_TENANT, span_of(p->tenant)),
                      .key = keyring_leaf_id(k, LEAF_ID_KEY, buf_span(&name)),
                      .version = p->version,
                      .package = p->hash,
                      .epoch = p->epoch };
    SR_TRY(leaf_encode(&l, &b));
    write_rows(&txn, p, bytes, now->there ? now->item.seq : 0);
    if (now->there)
        SR_TRY(forget_older(s, &txn, &now->p, p));
    return journal_submit(s->core->journal, &(struct journal_entry){ &txn, buf_span(&b) }, NULL);
}

static void report_conflict(struct secrets *s, const struct package *p)
{
    struct logline l = log_start(&s->node->log, LOG_WARN, "package-conflict");
    log_text(&l, "tenant", p->tenant);
    log_num(&l, "version", p->version);
    log_hex(&l, "package", SPAN(p->hash.b));
    log_end(&l);
    metrics_add(&s->node->metrics, M_CONFLICTS, 1);
}

static enum sr_err take_once(struct secrets *s, const struct policy_tenant *t, const struct package *p,
                             struct span bytes, enum package_source from, struct package_stored *ret,
                             struct sr_why *why)
{
    SR_OWN(stored) now = { 0 };
    SR_TRY(read_stored(s, span_of(p->tenant), span_of(p->path), &now, why));
    const struct package *have = now.there ? &now.p : NULL;
    *ret = (struct package_stored){ .hash = p->hash, .version = p->version };
    ret->verdict = from == FROM_TENANT ? package_follows(have, p, why) : package_sync(have, p, why);
    switch (ret->verdict) {
    case PACKAGE_REFUSED: return SR_ESTALE;
    case PACKAGE_SAME: return SR_OK;
    case PACKAGE_LOSES: report_conflict(s, p); return SR_OK;
    case PACKAGE_REPLACES: report_conflict(s, p); break;
    case PACKAGE_NEXT: break;
    }
    struct quota_change change = { span_of(p->tenant), bytes.n, now.there ? now.item.value.n : 0 };
    if (from == FROM_MEMBER)
        quota_add(s->quota, &change);
    else if (!quota_take(s->quota, t, &change))
        return sr_fail(why, SR_ETOOBIG, R_TOO_LARGE, "over the tenant's quota");
    enum sr_err e = commit(s, &now, p, bytes);
    if (e == SR_OK)
        metrics_add(&s->node->metrics, M_PUTS, 1);
    else
        quota_undo(s->quota, &change);
    return e;
}

static uint64_t newest_epoch(struct secrets *s)
{
    SR_OWN(epochs_hold) now = epochs_holder_get(s->core->home.epochs);
    return keyring_newest(now.e->keyring);
}

enum sr_err secrets_take(struct secrets *s, const struct policy *p, struct span package,
                         enum package_source from, struct package_stored *ret, struct sr_why *why)
{
    struct package pkg;
    SR_TRY(package_read(package, &pkg, why));
    const struct policy_tenant *t = policy_tenant(p, span_of(pkg.tenant));
    if (!t)
        return sr_fail(why, SR_EDENIED, R_TENANT_UNKNOWN, "the policy has no such tenant");
    SR_TRY(package_check(&pkg, &s->core->home.cid, newest_epoch(s), t->admins, t->admins_n, why));
    if (from == FROM_TENANT && pkg.epoch < policy_destroy_before(p))
        return sr_fail(why, SR_ESTALE, R_EPOCH_DESTROYED, "sealed to epoch %llu, which policy destroys",
                       (unsigned long long)pkg.epoch);
    enum sr_err e = SR_ESTALE;
    for (int i = 0; i < TRIES && e == SR_ESTALE; i++) {
        *why = (struct sr_why){ 0 };
        e = take_once(s, t, &pkg, package, from, ret, why);
        if (e == SR_ESTALE && why->reason != R_NONE)
            return e; /* refused; without a reason, another writer was faster */
    }
    return e;
}

static enum sr_err read_version(struct secrets *s, struct span tenant, struct span path, uint32_t version,
                                struct keystore_item *ret, struct sr_why *why)
{
    struct version_name v = version_name(path, version);
    struct keystore_name n = row(tenant, version ? span_of(v.b) : path);
    enum sr_err e = keystore_get(s->core->home.ks, &n, ret, why);
    return e == SR_ENOENT ? sr_fail(why, SR_ENOENT, R_NOT_FOUND, "no such secret") : e;
}

static enum sr_err open_package(struct secrets *s, const struct package *p, struct secret *ret,
                                struct sr_why *why)
{
    SR_OWN(epochs_hold) now = epochs_holder_get(s->core->home.epochs);
    return keyring_open_package(now.e->keyring, p, ret, why);
}

/* A version that is not the newest. */
static enum sr_err open_version(struct secrets *s, struct span tenant, struct span path, uint32_t version,
                                struct secret *ret, struct sr_why *why)
{
    SR_OWN(keystore_item) item = { 0 };
    struct package p;
    SR_TRY(read_version(s, tenant, path, version, &item, why));
    SR_TRY(package_read_known(s->known, secret_span(&item.value), &p, why));
    return open_package(s, &p, ret, why);
}

enum sr_err secrets_open_value(struct secrets *s, struct span tenant, struct span path, uint32_t version,
                               struct secret *ret, uint32_t *ret_version, struct sr_why *why)
{
    SR_OWN(stored) now = { 0 };
    SR_TRY(read_stored(s, tenant, path, &now, why));
    if (!now.there)
        return sr_fail(why, SR_ENOENT, R_NOT_FOUND, "no such secret");
    if (now.p.kind == PACKAGE_TOMBSTONE) /* a deleted secret gives no older version either */
        return sr_fail(why, SR_ENOENT, R_PACKAGE_DELETED, "the secret is deleted");
    if (version == 0 || version == now.p.version)
        SR_TRY(open_package(s, &now.p, ret, why));
    else
        SR_TRY(open_version(s, tenant, path, version, ret, why));
    *ret_version = version ? version : now.p.version;
    return SR_OK;
}

enum sr_err secrets_newest(struct secrets *s, struct span tenant, struct span path,
                           struct secrets_newest *ret, struct sr_why *why)
{
    SR_OWN(stored) now = { 0 };
    SR_TRY(read_stored(s, tenant, path, &now, why));
    *ret = (struct secrets_newest){ .there = now.there };
    if (now.there)
        *ret = (struct secrets_newest){ true, now.p.version, now.p.hash, now.p.kind };
    return SR_OK;
}

enum sr_err secrets_by_hash(struct secrets *s, const struct sha256 *hash, struct buf *ret, struct sr_why *why)
{
    SR_OWN(keystore_item) pointer = { 0 };
    SR_OWN(keystore_item) item = { 0 };
    struct keystore_name n = row((struct span){ 0 }, SPAN(hash->b));
    enum sr_err e = keystore_get(s->core->home.ks, &n, &pointer, why);
    if (e == SR_ENOENT)
        return sr_fail(why, e, R_NOT_FOUND, "no such package");
    SR_TRY(e);
    struct reader r = rd_init(secret_span(&pointer.value));
    struct span tenant = rd_lp(&r, GLOB_TENANT_MAX), path = rd_lp(&r, GLOB_PATH_MAX);
    uint32_t version = rd_u32be(&r);
    if (!rd_end(&r))
        return SR_EBUG;
    SR_TRY(read_version(s, tenant, path, version, &item, why));
    wr_span(ret, secret_span(&item.value));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}
