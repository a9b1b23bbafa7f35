#include "store/memory.h"

#include "store/wait.h"

#include <stdlib.h>
#include <string.h>

/* Rows in an array sorted by key; changes in commit order. One mutex for all. */
struct row {
    struct buf key, value;
    uint64_t create_rev, mod_rev;
};
struct change {
    uint64_t rev;
    struct buf key;
    enum store_op_kind kind;
};
struct memory {
    struct store store;
    struct wait wait;
    pthread_mutex_t lock;
    struct row *rows;
    size_t n_rows, cap_rows;
    struct change *changes;
    size_t n_changes, cap_changes;
    uint64_t rev, compacted; /* changes before `compacted` are gone */
};

static struct memory *of(struct store *s)
{
    return (struct memory *)s;
}

static void row_drop(struct row *r)
{
    buf_drop(&r->key);
    buf_drop(&r->value);
}

/* The first row not before key; *ret_found: it is key's. */
static size_t find(const struct memory *m, struct span key, bool *ret_found)
{
    size_t low = 0, high = m->n_rows;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (span_cmp(buf_span(&m->rows[mid].key), key) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    *ret_found = low < m->n_rows && span_eq(buf_span(&m->rows[low].key), key);
    return low;
}

static enum sr_err memory_open(const char *where, struct store **ret, struct sr_why *why)
{
    if (*where)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "memory: takes no path");
    struct memory *m = calloc(1, sizeof *m);
    if (!m)
        return SR_ENOMEM;
    m->store.ops = &store_memory;
    m->compacted = 1;
    if (!wait_init(&m->wait, 0) || pthread_mutex_init(&m->lock, NULL) != 0) {
        free(m);
        return SR_ENOMEM;
    }
    *ret = &m->store;
    return SR_OK;
}

static void memory_close(struct store *s)
{
    struct memory *m = of(s);
    for (size_t i = 0; i < m->n_rows; i++)
        row_drop(&m->rows[i]);
    for (size_t i = 0; i < m->n_changes; i++)
        buf_drop(&m->changes[i].key);
    wait_drop(&m->wait);
    pthread_mutex_destroy(&m->lock);
    free(m->rows);
    free(m->changes);
    free(m);
}

static bool grow(void *array, size_t *cap, size_t need, size_t size)
{
    void **p = array;
    if (need <= *cap)
        return true;
    size_t want = need + need / 2 + 16;
    void *more = reallocarray(*p, want, size);
    if (!more)
        return false;
    *p = more;
    *cap = want;
    return true;
}

static enum sr_err copy(struct span from, struct buf *ret)
{
    wr_span(ret, from);
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

static enum sr_err get(struct memory *m, struct span key, struct buf *ret, uint64_t *ret_mod_rev)
{
    SR_OWN(buf) b = { 0 };
    bool found;
    size_t i = find(m, key, &found);
    if (!found)
        return SR_ENOENT;
    SR_TRY(copy(buf_span(&m->rows[i].value), &b));
    buf_drop(ret);
    *ret = SR_TAKE(b);
    if (ret_mod_rev)
        *ret_mod_rev = m->rows[i].mod_rev;
    return SR_OK;
}

static enum sr_err memory_get(struct store *s, struct span key, struct buf *ret, uint64_t *ret_mod_rev)
{
    struct memory *m = of(s);
    pthread_mutex_lock(&m->lock);
    enum sr_err e = get(m, key, ret, ret_mod_rev);
    pthread_mutex_unlock(&m->lock);
    return e;
}

static bool has_prefix(struct span s, struct span prefix)
{
    return s.n >= prefix.n && span_eq((struct span){ s.p, prefix.n }, prefix);
}

static enum sr_err list(struct memory *m, const struct store_list *l)
{
    bool found;
    bool after = l->after.n && span_cmp(l->after, l->prefix) > 0;
    size_t i = find(m, after ? l->after : l->prefix, &found);
    if (l->after.n && found && span_eq(buf_span(&m->rows[i].key), l->after))
        i++;
    for (size_t left = l->limit; left > 0 && i < m->n_rows; i++, left--) {
        const struct row *r = &m->rows[i];
        if (!has_prefix(buf_span(&r->key), l->prefix))
            break;
        SR_TRY(l->visit(l->ctx, &(struct store_item){ buf_span(&r->key), buf_span(&r->value), r->create_rev,
                                                      r->mod_rev }));
    }
    return SR_OK;
}

static enum sr_err memory_list(struct store *s, const struct store_list *l, uint64_t *ret_rev)
{
    struct memory *m = of(s);
    pthread_mutex_lock(&m->lock);
    enum sr_err e = list(m, l);
    if (e == SR_OK && ret_rev)
        *ret_rev = m->rev;
    pthread_mutex_unlock(&m->lock);
    return e;
}

static bool compare(const struct memory *m, const struct store_txn *t)
{
    for (size_t i = 0; i < t->n_cmps; i++) {
        bool found;
        size_t at = find(m, t->cmps[i].key, &found);
        if ((found ? m->rows[at].mod_rev : 0) != t->cmps[i].mod_rev)
            return false;
    }
    return true;
}

/* Cannot fail: what it needs has been allocated. */
static void apply(struct memory *m, enum store_op_kind kind, struct row *fresh)
{
    bool found;
    size_t i = find(m, buf_span(&fresh->key), &found);
    if (found && kind == STORE_PUT)
        fresh->create_rev = m->rows[i].create_rev;
    if (found)
        row_drop(&m->rows[i]);
    if (kind == STORE_PUT) {
        if (!found)
            memmove(&m->rows[i + 1], &m->rows[i], (m->n_rows++ - i) * sizeof *m->rows);
        m->rows[i] = SR_TAKE(*fresh);
    } else if (found) {
        memmove(&m->rows[i], &m->rows[i + 1], (--m->n_rows - i) * sizeof *m->rows);
    }
}

struct fresh {
    struct row *rows;
    struct change *changes;
    size_t n;
};

static void fresh_drop(struct fresh *f)
{
    for (size_t i = 0; i < f->n; i++) {
        row_drop(&f->rows[i]);
        buf_drop(&f->changes[i].key);
    }
    free(f->rows);
    free(f->changes);
    *f = (struct fresh){ 0 };
}

static enum sr_err prepare(struct memory *m, const struct store_txn *t, struct fresh *f)
{
    f->rows = calloc(t->n_ops + 1, sizeof *f->rows);
    f->changes = calloc(t->n_ops + 1, sizeof *f->changes);
    if (!f->rows || !f->changes)
        return SR_ENOMEM;
    f->n = t->n_ops;
    for (size_t i = 0; i < t->n_ops; i++) {
        f->rows[i].create_rev = f->rows[i].mod_rev = f->changes[i].rev = m->rev + 1;
        f->changes[i].kind = t->ops[i].kind;
        SR_TRY(copy(t->ops[i].key, &f->rows[i].key));
        SR_TRY(copy(t->ops[i].key, &f->changes[i].key));
        SR_TRY(copy(t->ops[i].value, &f->rows[i].value));
    }
    return grow(&m->rows, &m->cap_rows, m->n_rows + t->n_ops + 1, sizeof *m->rows) &&
                   grow(&m->changes, &m->cap_changes, m->n_changes + t->n_ops, sizeof *m->changes)
               ? SR_OK
               : SR_ENOMEM;
}

static enum sr_err txn(struct memory *m, const struct store_txn *t)
{
    SR_OWN(fresh) f = { 0 };
    if (!compare(m, t))
        return SR_ESTALE;
    SR_TRY(prepare(m, t, &f));
    m->rev++;
    for (size_t i = 0; i < t->n_ops; i++) {
        apply(m, t->ops[i].kind, &f.rows[i]);
        m->changes[m->n_changes++] = SR_TAKE(f.changes[i]);
    }
    return SR_OK;
}

static enum sr_err memory_txn(struct store *s, const struct store_txn *t, uint64_t *ret_rev)
{
    struct memory *m = of(s);
    pthread_mutex_lock(&m->lock);
    enum sr_err e = txn(m, t);
    uint64_t rev = m->rev;
    pthread_mutex_unlock(&m->lock);
    if (e != SR_OK)
        return e;
    wait_tell(&m->wait, rev);
    if (ret_rev)
        *ret_rev = rev;
    return SR_OK;
}

static enum sr_err watch(struct memory *m, const struct store_watch *w)
{
    if (w->from_rev < m->compacted)
        return SR_ENOENT;
    for (size_t i = 0; i < m->n_changes; i++) {
        const struct change *c = &m->changes[i];
        if (c->rev >= w->from_rev && has_prefix(buf_span(&c->key), w->prefix))
            SR_TRY(w->visit(w->ctx, &(struct store_change){ c->rev, buf_span(&c->key), c->kind }));
    }
    return SR_OK;
}

static enum sr_err memory_watch(struct store *s, const struct store_watch *w, uint64_t *ret_next)
{
    struct memory *m = of(s);
    wait_for(&m->wait, w->from_rev, w->timeout_ms);
    pthread_mutex_lock(&m->lock);
    enum sr_err e = watch(m, w);
    uint64_t next = m->rev + 1 > w->from_rev ? m->rev + 1 : w->from_rev;
    pthread_mutex_unlock(&m->lock);
    if (e == SR_OK)
        *ret_next = next;
    return e;
}

static enum sr_err memory_sync(struct store *s, uint64_t *ret_rev)
{
    struct memory *m = of(s);
    pthread_mutex_lock(&m->lock);
    if (ret_rev)
        *ret_rev = m->rev;
    pthread_mutex_unlock(&m->lock);
    return SR_OK;
}

static enum sr_err memory_compact(struct store *s, uint64_t before_rev)
{
    struct memory *m = of(s);
    size_t n = 0;
    pthread_mutex_lock(&m->lock);
    uint64_t limit = before_rev <= m->rev + 1 ? before_rev : m->rev + 1;
    while (n < m->n_changes && m->changes[n].rev < limit)
        buf_drop(&m->changes[n++].key);
    if (n)
        memmove(m->changes, m->changes + n, (m->n_changes -= n) * sizeof *m->changes);
    if (limit > m->compacted)
        m->compacted = limit;
    pthread_mutex_unlock(&m->lock);
    return SR_OK;
}

const struct store_ops store_memory = {
    .scheme = "memory",
    .open = memory_open,
    .close = memory_close,
    .get = memory_get,
    .list = memory_list,
    .txn = memory_txn,
    .watch = memory_watch,
    .sync = memory_sync,
    .compact = memory_compact,
};
