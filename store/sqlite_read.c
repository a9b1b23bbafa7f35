#include "store/sqlite_db.h"

#include <sqlite3.h>

void sqlite_read_release(struct reader_slot *r)
{
    if (r->held)
        sqlite_sql_run(sqlite_sql_start(&r->c, SQL_ROLLBACK));
    r->held = false;
}

enum sr_err sqlite_read_meta(struct sqlite *s, struct sqlite_conn *c, uint64_t *ret_rev,
                             uint64_t *ret_compacted)
{
    bool bad = false;
    sqlite3_stmt *st = sqlite_sql_start(c, SQL_META);
    int rc = sqlite3_step(st);
    uint64_t rev = rc == SQLITE_ROW ? sqlite_sql_u64(st, 0, &bad) : 0;
    uint64_t compacted = rc == SQLITE_ROW ? sqlite_sql_u64(st, 1, &bad) : 0;
    int end = sqlite3_reset(st);
    if (rc != SQLITE_ROW || bad)
        return sqlite_failure(s, rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_CORRUPT : end);
    *ret_rev = rev;
    *ret_compacted = compacted;
    return SR_OK;
}

static enum sr_err renew(struct sqlite *s, struct reader_slot *r)
{
    uint64_t compacted;
    if (r->held && r->rev == atomic_load(&s->rev))
        return SR_OK;
    sqlite_read_release(r);
    int rc = sqlite_sql_run(sqlite_sql_start(&r->c, SQL_BEGIN));
    if (rc != SQLITE_OK)
        return sqlite_failure(s, rc);
    r->held = true;
    enum sr_err e = sqlite_read_meta(s, &r->c, &r->rev, &compacted); /* the first read takes the snapshot */
    if (e != SR_OK)
        sqlite_read_release(r);
    return e;
}

/* A free reader, or the next in turn. Given back with sqlite_read_end(). */
enum sr_err sqlite_read_begin(struct sqlite *s, struct reader_slot **ret)
{
    if (atomic_load(&s->failed))
        return SR_EIO;
    struct reader_slot *r = NULL;
    for (size_t i = 0; i < s->n_readers && !r; i++)
        if (pthread_mutex_trylock(&s->readers[i].lock) == 0)
            r = &s->readers[i];
    if (!r) {
        r = &s->readers[atomic_fetch_add(&s->next_reader, 1) % s->n_readers];
        pthread_mutex_lock(&r->lock);
    }
    enum sr_err e = renew(s, r);
    if (e != SR_OK) {
        pthread_mutex_unlock(&r->lock);
        return e;
    }
    *ret = r;
    return SR_OK;
}

void sqlite_read_end(struct reader_slot *r)
{
    pthread_mutex_unlock(&r->lock);
}

static enum sr_err get(struct sqlite *s, sqlite3_stmt *st, struct buf *ret, uint64_t *ret_mod_rev)
{
    bool bad = false;
    int rc = sqlite3_step(st);
    if (rc == SQLITE_DONE)
        return SR_ENOENT;
    if (rc != SQLITE_ROW)
        return sqlite_failure(s, rc);
    SR_OWN(buf) b = { 0 };
    wr_span(&b, sqlite_sql_blob(st, 0, &bad));
    uint64_t rev = sqlite_sql_u64(st, 1, &bad);
    if (bad)
        return sqlite_failure(s, SQLITE_CORRUPT);
    if (!buf_ok(&b))
        return SR_ENOMEM;
    buf_drop(ret);
    *ret = SR_TAKE(b);
    if (ret_mod_rev)
        *ret_mod_rev = rev;
    return SR_OK;
}

enum sr_err sqlite_read_get(struct store *store, struct span key, struct buf *ret, uint64_t *ret_mod_rev)
{
    struct sqlite *s = sqlite_of(store);
    struct reader_slot *r;
    SR_TRY(sqlite_read_begin(s, &r));
    sqlite3_stmt *st = sqlite_sql_start(&r->c, SQL_GET);
    sqlite_sql_bind_blob(st, 1, key);
    enum sr_err e = get(s, st, ret, ret_mod_rev);
    sqlite3_reset(st);
    sqlite_read_end(r);
    return e;
}

static bool has_prefix(struct span s, struct span prefix)
{
    return s.n >= prefix.n && span_eq((struct span){ s.p, prefix.n }, prefix);
}

static enum sr_err list(struct sqlite *s, sqlite3_stmt *st, const struct store_list *l)
{
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        bool bad = false;
        struct store_item item = { sqlite_sql_blob(st, 0, &bad), sqlite_sql_blob(st, 1, &bad),
                                   sqlite_sql_u64(st, 2, &bad), sqlite_sql_u64(st, 3, &bad) };
        if (bad)
            return sqlite_failure(s, SQLITE_CORRUPT);
        if (!has_prefix(item.key, l->prefix))
            return SR_OK;
        SR_TRY(l->visit(l->ctx, &item));
    }
    return rc == SQLITE_DONE ? SR_OK : sqlite_failure(s, rc);
}

enum sr_err sqlite_read_list(struct store *store, const struct store_list *l, uint64_t *ret_rev)
{
    struct sqlite *s = sqlite_of(store);
    struct reader_slot *r;
    SR_TRY(sqlite_read_begin(s, &r));
    bool after = l->after.n && span_cmp(l->after, l->prefix) >= 0;
    sqlite3_stmt *st = sqlite_sql_start(&r->c, after ? SQL_LIST_AFTER : SQL_LIST);
    sqlite_sql_bind_blob(st, 1, after ? l->after : l->prefix);
    sqlite_sql_bind_u64(st, 2, l->limit);
    enum sr_err e = list(s, st, l);
    sqlite3_reset(st);
    if (e == SR_OK && ret_rev)
        *ret_rev = r->rev;
    sqlite_read_end(r);
    return e;
}

static enum sr_err changes(struct sqlite *s, struct reader_slot *r, const struct store_watch *w)
{
    uint64_t rev, compacted;
    int rc;
    SR_TRY(sqlite_read_meta(s, &r->c, &rev, &compacted));
    if (w->from_rev < compacted)
        return SR_ENOENT;
    sqlite3_stmt *st = sqlite_sql_start(&r->c, SQL_CHANGES);
    sqlite_sql_bind_u64(st, 1, w->from_rev > INT64_MAX ? INT64_MAX : w->from_rev);
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        bool bad = false;
        struct store_change c = { .rev = sqlite_sql_u64(st, 0, &bad), .key = sqlite_sql_blob(st, 2, &bad) };
        uint64_t kind = sqlite_sql_u64(st, 1, &bad);
        if (bad || (kind != STORE_PUT && kind != STORE_DEL))
            return sqlite_failure(s, SQLITE_CORRUPT);
        c.kind = kind == STORE_PUT ? STORE_PUT : STORE_DEL;
        if (has_prefix(c.key, w->prefix))
            SR_TRY(w->visit(w->ctx, &c));
    }
    return rc == SQLITE_DONE ? SR_OK : sqlite_failure(s, rc);
}

enum sr_err sqlite_read_watch(struct store *store, const struct store_watch *w, uint64_t *ret_next)
{
    struct sqlite *s = sqlite_of(store);
    struct reader_slot *r;
    wait_for(&s->wait, w->from_rev, w->timeout_ms);
    SR_TRY(sqlite_read_begin(s, &r));
    enum sr_err e = changes(s, r, w);
    uint64_t next = r->rev + 1 > w->from_rev ? r->rev + 1 : w->from_rev;
    sqlite3_reset(r->c.stmt[SQL_CHANGES]);
    sqlite_read_end(r);
    if (e == SR_OK)
        *ret_next = next;
    return e;
}

enum sr_err sqlite_read_sync(struct store *store, uint64_t *ret_rev)
{
    struct sqlite *s = sqlite_of(store);
    struct reader_slot *r;
    SR_TRY(sqlite_read_begin(s, &r));
    if (ret_rev)
        *ret_rev = r->rev;
    sqlite_read_end(r);
    return SR_OK;
}
