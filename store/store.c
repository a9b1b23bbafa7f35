#include "store/store.h"

#include "store/memory.h"
#include "store/sqlite.h"

#include <string.h>

const struct store_ops *const store_backends[] = { &store_sqlite, &store_memory, NULL };

enum sr_err store_open(const char *url, struct store **ret, struct sr_why *why)
{
    for (const struct store_ops *const *o = store_backends; *o; o++) {
        size_t n = strlen((*o)->scheme);
        if (strncmp(url, (*o)->scheme, n) == 0 && url[n] == ':')
            return (*o)->open(url + n + 1, ret, why);
    }
    return sr_fail(why, SR_EFORMAT, R_CONFIG, "store: no back end of that name");
}

void store_close(struct store *s)
{
    if (s)
        s->ops->close(s);
}

static bool key_ok(struct span key)
{
    return key.n > 0 && key.n <= STORE_KEY_MAX;
}

enum sr_err store_get(struct store *s, struct span key, struct buf *ret, uint64_t *ret_mod_rev)
{
    return key_ok(key) ? s->ops->get(s, key, ret, ret_mod_rev) : SR_ETOOBIG;
}

enum sr_err store_list(struct store *s, const struct store_list *l, uint64_t *ret_rev)
{
    struct store_list bounded = *l;
    if (l->prefix.n > STORE_KEY_MAX || l->after.n > STORE_KEY_MAX ||
        (l->limit > STORE_LIST_MAX && l->limit != STORE_LIST_ALL))
        return SR_ETOOBIG;
    bounded.limit = l->limit ? l->limit : STORE_LIST_MAX;
    return s->ops->list(s, &bounded, ret_rev);
}

static enum sr_err txn_ok(const struct store_txn *t)
{
    size_t total = 0;
    if (t->n_cmps > STORE_TXN_OPS || t->n_ops > STORE_TXN_OPS)
        return SR_ETOOBIG;
    for (size_t i = 0; i < t->n_cmps; i++)
        if (!key_ok(t->cmps[i].key))
            return SR_ETOOBIG;
    for (size_t i = 0; i < t->n_ops; i++) {
        const struct store_op *op = &t->ops[i];
        if (op->kind != STORE_PUT && op->kind != STORE_DEL)
            return SR_EBUG;
        total += op->key.n + op->value.n;
        if (!key_ok(op->key) || op->value.n > STORE_VALUE_MAX || total > STORE_TXN_BYTES)
            return SR_ETOOBIG;
    }
    return SR_OK;
}

enum sr_err store_txn(struct store *s, const struct store_txn *t, uint64_t *ret_rev)
{
    SR_TRY(txn_ok(t));
    return s->ops->txn(s, t, ret_rev);
}

enum sr_err store_watch(struct store *s, const struct store_watch *w, uint64_t *ret_next)
{
    if (w->prefix.n > STORE_KEY_MAX)
        return SR_ETOOBIG;
    return w->from_rev ? s->ops->watch(s, w, ret_next) : SR_ENOENT;
}

enum sr_err store_sync(struct store *s, uint64_t *ret_rev)
{
    return s->ops->sync(s, ret_rev);
}

enum sr_err store_compact(struct store *s, uint64_t before_rev)
{
    return s->ops->compact(s, before_rev);
}

enum sr_err store_expunge(struct store *s)
{
    return s->ops->expunge ? s->ops->expunge(s) : SR_OK;
}

enum sr_err store_backup(struct store *s, const char *path, struct sr_why *why)
{
    if (!s->ops->backup)
        return sr_fail(why, SR_EDENIED, R_CONFIG, "%s: a back end without backup", s->ops->scheme);
    return s->ops->backup(s, path, why);
}
