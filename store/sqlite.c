#include "store/sqlite_db.h"

#include <sqlite3.h>
#include <stdlib.h>

enum sr_err sqlite_failure(struct sqlite *s, int rc)
{
    if ((rc & 0xff) == SQLITE_NOMEM)
        return SR_ENOMEM;
    if ((rc & 0xff) == SQLITE_BUSY)
        return SR_EBUSY;
    if ((rc & 0xff) != SQLITE_FULL)
        atomic_store(&s->failed, true);
    return SR_EIO;
}

static int copy_file(struct reader_slot *r, const char *path)
{
    sqlite3 *to = NULL;
    int rc = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, NULL);
    rc = rc ? rc : sqlite3_exec(to, "PRAGMA journal_mode = MEMORY", NULL, NULL, NULL);
    sqlite3_backup *b = rc ? NULL : sqlite3_backup_init(to, "main", r->c.db, "main");
    if (b) {
        sqlite3_backup_step(b, -1);
        rc = sqlite3_backup_finish(b);
    } else {
        rc = rc ? rc : SQLITE_ERROR;
    }
    int end = sqlite3_close(to);
    return rc ? rc : end;
}

static enum sr_err sqlite_backup(struct store *store, const char *path, struct sr_why *why)
{
    struct sqlite *s = sqlite_of(store);
    SR_OWN(sqlite_file) f = { .dir = -1 };
    struct reader_slot *r;
    SR_TRY(sqlite_file_create(path, &f, why));
    SR_TRY(sqlite_read_begin(s, &r));
    int rc = copy_file(r, f.path);
    sqlite_read_end(r);
    if (rc != SQLITE_OK)
        return sr_fail(why, SR_EIO, R_INTERNAL, "store: backup: %s", sqlite3_errstr(rc));
    return sqlite_file_sync(&f);
}

static void sqlite_drop(struct sqlite *s)
{
    for (size_t i = 0; i < s->n_readers; i++) {
        sqlite_read_release(&s->readers[i]);
        sqlite_conn_drop(&s->readers[i].c);
        pthread_mutex_destroy(&s->readers[i].lock);
    }
    sqlite_conn_drop(&s->writer);
    pthread_mutex_destroy(&s->write_lock);
    wait_drop(&s->wait);
    sqlite_file_drop(&s->file);
    free(s);
}

static void sqlite_close(struct store *store)
{
    sqlite_drop(sqlite_of(store));
}

static enum sr_err open_connections(struct sqlite *s, struct sr_why *why)
{
    uint64_t rev, compacted;
    SR_TRY(sqlite_sql_open(s->file.path, &s->writer, why));
    sqlite_write_init(s);
    while (s->n_readers < READERS) {
        struct reader_slot *r = &s->readers[s->n_readers++];
        pthread_mutex_init(&r->lock, NULL);
        SR_TRY(sqlite_sql_open_reader(s->file.path, &r->c, why));
    }
    if (sqlite_read_meta(s, &s->writer, &rev, &compacted) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_STORE_TAMPERED, "store: the revision row is missing or damaged");
    atomic_store(&s->rev, rev);
    wait_tell(&s->wait, rev);
    return SR_OK;
}

static enum sr_err create(struct sqlite *s, struct sr_why *why)
{
    char path[PATH_MAX];
    SR_TRY(sqlite_file_new(&s->file, path, why));
    SR_TRY(sqlite_sql_create(path, why));
    return sqlite_file_publish(&s->file, why);
}

static enum sr_err open_all(struct sqlite *s, const char *where, struct sr_why *why)
{
    bool exists;
    SR_TRY(sqlite_file_open(where, &s->file, &exists, why));
    if (!exists)
        SR_TRY(create(s, why));
    return open_connections(s, why);
}

static enum sr_err sqlite_open(const char *where, struct store **ret, struct sr_why *why)
{
    struct sqlite *s = calloc(1, sizeof *s);
    if (!s)
        return SR_ENOMEM;
    s->store.ops = &store_sqlite;
    s->file.dir = -1;
    pthread_mutex_init(&s->write_lock, NULL);
    if (!wait_init(&s->wait, 0)) {
        free(s);
        return SR_ENOMEM;
    }
    enum sr_err e = open_all(s, where, why);
    if (e != SR_OK) {
        sqlite_drop(s);
        return e;
    }
    *ret = &s->store;
    return SR_OK;
}

const struct store_ops store_sqlite = {
    .scheme = "sqlite",
    .open = sqlite_open,
    .close = sqlite_close,
    .get = sqlite_read_get,
    .list = sqlite_read_list,
    .txn = sqlite_write_txn,
    .watch = sqlite_read_watch,
    .sync = sqlite_read_sync,
    .compact = sqlite_write_compact,
    .expunge = sqlite_write_expunge,
    .backup = sqlite_backup,
};
