#include "store/sqlite_db.h"

#include <sqlite3.h>

enum {
    CHECKPOINT_PAGES = 1024,   /* of the log: copy what readers let us */
    RESTART_PAGES = 16 * 1024, /* make readers wait until the log is empty again */
};

static enum sr_err compare(struct sqlite *s, const struct store_cmp *c)
{
    bool bad = false;
    sqlite3_stmt *st = sqlite_sql_start(&s->writer, SQL_MOD_REV);
    sqlite_sql_bind_blob(st, 1, c->key);
    int rc = sqlite3_step(st);
    uint64_t rev = rc == SQLITE_ROW ? sqlite_sql_u64(st, 0, &bad) : 0;
    sqlite3_reset(st);
    if (bad || (rc != SQLITE_ROW && rc != SQLITE_DONE))
        return sqlite_failure(s, bad ? SQLITE_CORRUPT : rc);
    return rev == c->mod_rev ? SR_OK : SR_ESTALE;
}

static int apply(struct sqlite_conn *c, const struct store_op *op, uint64_t rev, size_t n)
{
    sqlite3_stmt *st = sqlite_sql_start(c, op->kind == STORE_PUT ? SQL_PUT : SQL_DEL);
    sqlite_sql_bind_blob(st, 1, op->key);
    if (op->kind == STORE_PUT) {
        sqlite_sql_bind_blob(st, 2, op->value);
        sqlite_sql_bind_u64(st, 3, rev);
    }
    int rc = sqlite_sql_run(st);
    if (rc != SQLITE_OK)
        return rc;
    st = sqlite_sql_start(c, SQL_CHANGED);
    sqlite_sql_bind_u64(st, 1, rev);
    sqlite_sql_bind_u64(st, 2, n);
    sqlite_sql_bind_u64(st, 3, op->kind);
    sqlite_sql_bind_blob(st, 4, op->key);
    return sqlite_sql_run(st);
}

static int set_meta(struct sqlite_conn *c, enum sqlite_statement which, uint64_t v)
{
    sqlite3_stmt *st = sqlite_sql_start(c, which);
    sqlite_sql_bind_u64(st, 1, v);
    return sqlite_sql_run(st);
}

static enum sr_err body(struct sqlite *s, const struct store_txn *t, uint64_t rev)
{
    for (size_t i = 0; i < t->n_cmps; i++)
        SR_TRY(compare(s, &t->cmps[i]));
    for (size_t i = 0; i < t->n_ops; i++) {
        int rc = apply(&s->writer, &t->ops[i], rev, i);
        if (rc != SQLITE_OK)
            return sqlite_failure(s, rc);
    }
    int rc = set_meta(&s->writer, SQL_SET_REV, rev);
    return rc == SQLITE_OK ? SR_OK : sqlite_failure(s, rc);
}

static void roll_back(struct sqlite *s)
{
    if (!sqlite3_get_autocommit(s->writer.db) &&
        sqlite_sql_run(sqlite_sql_start(&s->writer, SQL_ROLLBACK)) != SQLITE_OK)
        atomic_store(&s->failed, true);
}

/* The commit record may be on disk although writing or syncing it failed: only a full disk is certain. */
static enum sr_err commit(struct sqlite *s)
{
    int rc = sqlite_sql_run(sqlite_sql_start(&s->writer, SQL_COMMIT));
    if (rc == SQLITE_OK)
        return SR_OK;
    bool certain =
        !sqlite3_get_autocommit(s->writer.db) && ((rc & 0xff) == SQLITE_FULL || rc == SQLITE_NOMEM);
    roll_back(s);
    if (certain)
        return sqlite_failure(s, rc);
    atomic_store(&s->failed, true);
    return SR_EUNKNOWN;
}

static int count_pages(void *ctx, sqlite3 *db, const char *name, int pages)
{
    struct sqlite *s = ctx;
    (void)db, (void)name;
    s->wal_pages = pages;
    return SQLITE_OK;
}

void sqlite_write_init(struct sqlite *s)
{
    sqlite3_wal_hook(s->writer.db, count_pages, s);
}

/* A reader that is at work keeps its snapshot, unless the log must become empty: a backup reads for long, and
 * commits need not wait for it. */
static void let_go(struct reader_slot *r, bool restart)
{
    if (!restart && pthread_mutex_trylock(&r->lock) != 0)
        return;
    if (restart)
        pthread_mutex_lock(&r->lock);
    sqlite_read_release(r);
    if (!restart)
        pthread_mutex_unlock(&r->lock);
}

/* Copies the log into the file. Readers' snapshots are let go of, so that little holds it back; those that
 * start meanwhile see the newest state. The commits are durable already: a failure here is the next call's.
 */
static int copy_log(struct sqlite *s, bool restart)
{
    for (size_t i = 0; i < s->n_readers; i++)
        let_go(&s->readers[i], restart);
    int rc = sqlite3_wal_checkpoint_v2(
        s->writer.db, NULL, restart ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    for (size_t i = 0; restart && i < s->n_readers; i++)
        pthread_mutex_unlock(&s->readers[i].lock);
    return rc;
}

static void checkpoint(struct sqlite *s)
{
    int rc = copy_log(s, s->wal_pages >= RESTART_PAGES);
    if (rc != SQLITE_OK && (rc & 0xff) != SQLITE_BUSY && (rc & 0xff) != SQLITE_FULL)
        atomic_store(&s->failed, true);
}

static enum sr_err write_begin(struct sqlite *s)
{
    if (atomic_load(&s->failed))
        return SR_EIO;
    int rc = sqlite_sql_run(sqlite_sql_start(&s->writer, SQL_BEGIN_WRITE));
    return rc == SQLITE_OK ? SR_OK : sqlite_failure(s, rc);
}

static enum sr_err write_end(struct sqlite *s, enum sr_err e)
{
    if (e == SR_OK)
        return commit(s);
    roll_back(s);
    return e;
}

enum sr_err sqlite_write_txn(struct store *store, const struct store_txn *t, uint64_t *ret_rev)
{
    struct sqlite *s = sqlite_of(store);
    pthread_mutex_lock(&s->write_lock);
    uint64_t rev = atomic_load(&s->rev) + 1;
    enum sr_err e = write_begin(s);
    if (e == SR_OK)
        e = write_end(s, body(s, t, rev));
    if (e == SR_OK) {
        atomic_store(&s->rev, rev);
        if (s->wal_pages >= CHECKPOINT_PAGES)
            checkpoint(s);
    }
    pthread_mutex_unlock(&s->write_lock);
    if (e != SR_OK)
        return e;
    wait_tell(&s->wait, rev);
    if (ret_rev)
        *ret_rev = rev;
    return SR_OK;
}

static enum sr_err forget(struct sqlite *s, uint64_t before)
{
    uint64_t rev, compacted;
    SR_TRY(sqlite_read_meta(s, &s->writer, &rev, &compacted));
    before = before <= rev + 1 ? before : rev + 1;
    int rc = set_meta(&s->writer, SQL_COMPACT, before);
    if (rc == SQLITE_OK && before > compacted)
        rc = set_meta(&s->writer, SQL_SET_COMPACTED, before);
    return rc == SQLITE_OK ? SR_OK : sqlite_failure(s, rc);
}

/* Moves no revision, so readers let go of their snapshots for it to be seen. */
enum sr_err sqlite_write_compact(struct store *store, uint64_t before_rev)
{
    struct sqlite *s = sqlite_of(store);
    pthread_mutex_lock(&s->write_lock);
    enum sr_err e = write_begin(s);
    if (e == SR_OK)
        e = write_end(s, forget(s, before_rev));
    if (e == SR_OK)
        checkpoint(s);
    pthread_mutex_unlock(&s->write_lock);
    return e;
}

/* The pages are in the file, where secure_delete has overwritten what is gone from them; the log, which still
 * has the pages of before, is cut to nothing. */
enum sr_err sqlite_write_expunge(struct store *store)
{
    struct sqlite *s = sqlite_of(store);
    pthread_mutex_lock(&s->write_lock);
    int rc = atomic_load(&s->failed) ? SQLITE_IOERR : copy_log(s, true);
    pthread_mutex_unlock(&s->write_lock);
    if (rc == SQLITE_OK)
        return SR_OK;
    return (rc & 0xff) == SQLITE_BUSY ? SR_EBUSY : sqlite_failure(s, rc);
}
