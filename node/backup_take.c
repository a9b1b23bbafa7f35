/* backup_take.c - what in a backup proves itself, into a running member. The backup's store is opened with
 * this member's masters, read, and thrown away: its settings, its own key among them, are never looked at. */
#include "node/backup.h"
#include "node/backup_file.h"
#include "node/node.h"
#include "node/secrets.h"
#include "node/sync.h"

#include <stdio.h>
#include <string.h>

/* A store in a folder of its own, gone when this is. */
struct shelf {
    char folder[CONFIG_TEXT + 32];
    struct store *store;
    struct keystore *ks;
};
static void shelf_drop(struct shelf *s)
{
    keystore_close(s->ks);
    store_close(s->store);
    if (s->folder[0])
        backup_folder_remove(s->folder);
}

static enum sr_err open_shelf(struct node *n, struct core *c, const char *path, struct shelf *ret,
                              struct sr_why *why)
{
    SR_OWN(backup) b = { 0 };
    SR_OWN(epochs_hold) now = epochs_holder_get(c->home.epochs);
    char url[sizeof ret->folder + 32];
    struct keystore_options o = { .cid = c->home.cid };
    struct keystore_epoch older[EPOCHS_MAX];
    size_t n_older = 0;
    SR_TRY(backup_folder_new(n->config->state_dir, "import", ret->folder, sizeof ret->folder, why));
    snprintf(url, sizeof url, "sqlite:%s/store.db", ret->folder);
    SR_TRY(store_open(url, &ret->store, why));
    SR_TRY(backup_file_load(path, ret->store, &b, why));
    if (!sha256_eq(&b.m.cid, &c->home.cid))
        return sr_fail(why, SR_EPROOF, R_WRONG_NETWORK, "the backup is of another network");
    keyring_keystore(now.e->keyring, &o, older, &n_older);
    o.store = ret->store;
    enum sr_err e = keystore_open(&o, older, n_older, &ret->ks, why);
    sodium_memzero(&o, sizeof o);
    sodium_memzero(older, sizeof older);
    return e;
}

struct taking {
    struct node *node;
    struct core *core;
    struct backup_taken *count;
};

static enum sr_err take_member(void *ctx, const struct keystore_name *name, const struct keystore_item *item)
{
    struct taking *t = ctx;
    SR_OWN(policy_hold) now = policy_holder_get(t->core->policy);
    struct sr_why ignored = { 0 };
    bool is_new = false;
    (void)name;
    if (members_take(t->core->members, now.p, secret_span(&item->value), &is_new, &ignored) == SR_OK)
        t->count->members += is_new;
    return SR_OK; /* one of an epoch that we don't hold is no reason to stop */
}

static enum sr_err take_package(void *ctx, const struct keystore_name *name, const struct keystore_item *item)
{
    struct taking *t = ctx;
    SR_OWN(policy_hold) now = policy_holder_get(t->core->policy);
    struct package_stored done = { 0 };
    struct sr_why why = { 0 };
    if (name->tenant.n == 0 || memchr(name->name.p, '@', name->name.n))
        return SR_OK; /* a pointer, or a version of the past */
    enum sr_err e =
        secrets_take(t->core->secrets, now.p, secret_span(&item->value), FROM_MEMBER, &done, &why);
    if (e == SR_EIO || e == SR_EUNKNOWN || e == SR_EBUSY || e == SR_ENOMEM)
        return e;
    t->count->packages += e == SR_OK && (done.verdict == PACKAGE_NEXT || done.verdict == PACKAGE_REPLACES);
    return SR_OK;
}

static enum sr_err policy_of(struct keystore *ks, uint64_t number, struct buf *ret, struct sr_why *why)
{
    SR_OWN(keystore_item) item = { 0 };
    SR_OWN(buf) key = { 0 };
    wr_u64be(&key, number);
    if (!buf_ok(&key))
        return SR_ENOMEM;
    const struct keystore_name name = { .table = KT_POLICY, .name = buf_span(&key) };
    SR_TRY(keystore_get(ks, &name, &item, why));
    wr_span(ret, secret_span(&item.value));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

/* Those after ours, one by one, as from another member. */
static enum sr_err take_policies(struct taking *t, struct keystore *ks, struct sr_why *why)
{
    for (;;) {
        SR_OWN(policy_hold) now = policy_holder_get(t->core->policy);
        SR_OWN(buf) text = { 0 };
        enum sr_err e = policy_of(ks, policy_number(now.p) + 1, &text, why);
        if (e == SR_ENOENT)
            return SR_OK;
        SR_TRY(e);
        SR_TRY(policy_holder_apply(t->core->policy, buf_span(&text), why));
        t->count->policies++;
    }
}

static enum sr_err take(struct node *n, struct core *c, const char *path, struct backup_taken *ret,
                        struct sr_why *why)
{
    SR_OWN(shelf) s = { 0 };
    struct taking t = { n, c, ret };
    SR_TRY(open_shelf(n, c, path, &s, why));
    SR_TRY(keystore_list(s.ks, KT_MEMBER, take_member, &t, why));
    SR_TRY(take_policies(&t, s.ks, why)); /* first: packages are judged by the newest */
    SR_TRY(keystore_list(s.ks, KT_PACKAGE, take_package, &t, why));
    sync_wake(n);
    return SR_OK;
}

enum sr_err backup_take(struct node *n, struct core *c, const char *path, struct backup_taken *ret,
                        struct sr_why *why)
{
    struct backup_taken taken = { 0 };
    if (atomic_exchange(&c->backing_up, true))
        return sr_fail(why, SR_EBUSY, R_BUSY, "a backup or an import is being made");
    enum sr_err e = take(n, c, path, &taken, why);
    atomic_store(&c->backing_up, false);
    if (e == SR_OK)
        *ret = taken;
    return e;
}
