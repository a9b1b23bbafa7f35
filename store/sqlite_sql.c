#include "store/sqlite_sql.h"

#include "store/sqlite_file.h"

#include <sqlite3.h>
#include <string.h>

/* The whole schema, as sqlite stores it: any other row in it is somebody else's. */
static const struct {
    const char *type, *name, *table, *sql;
} schema[] = {
    { "table", "changes", "changes",
      "CREATE TABLE changes (rev INTEGER NOT NULL, n INTEGER NOT NULL, op INTEGER NOT NULL, "
      "key BLOB NOT NULL, PRIMARY KEY (rev, n)) STRICT, WITHOUT ROWID" },
    { "table", "kv", "kv",
      "CREATE TABLE kv (key BLOB NOT NULL PRIMARY KEY, value BLOB NOT NULL, "
      "create_rev INTEGER NOT NULL, mod_rev INTEGER NOT NULL) STRICT" },
    { "table", "meta", "meta",
      "CREATE TABLE meta (id INTEGER PRIMARY KEY CHECK (id = 1), rev INTEGER NOT NULL, "
      "compacted INTEGER NOT NULL) STRICT" },
    { "index", "sqlite_autoindex_kv_1", "kv", NULL },
};
enum { SCHEMA = sizeof schema / sizeof *schema };

/* What may be prepared, and until when. A missing row refuses. */
static const struct {
    int action;
    enum sqlite_phase phase;
    const char *what; /* table or pragma; NULL: none named */
} allowed[] = {
    { SQLITE_SELECT, SQL_RUN, NULL },
    { SQLITE_TRANSACTION, SQL_RUN, "BEGIN" },
    { SQLITE_TRANSACTION, SQL_RUN, "COMMIT" },
    { SQLITE_TRANSACTION, SQL_RUN, "ROLLBACK" },
    { SQLITE_READ, SQL_RUN, "kv" },
    { SQLITE_READ, SQL_RUN, "changes" },
    { SQLITE_READ, SQL_RUN, "meta" },
    { SQLITE_INSERT, SQL_RUN, "kv" },
    { SQLITE_INSERT, SQL_RUN, "changes" },
    { SQLITE_UPDATE, SQL_RUN, "kv" },
    { SQLITE_UPDATE, SQL_RUN, "meta" },
    { SQLITE_DELETE, SQL_RUN, "kv" },
    { SQLITE_DELETE, SQL_RUN, "changes" },
    { SQLITE_READ, SQL_CHECK, "sqlite_master" },
    { SQLITE_PRAGMA, SQL_CHECK, "journal_mode" },
    { SQLITE_PRAGMA, SQL_CHECK, "synchronous" },
    { SQLITE_PRAGMA, SQL_CHECK, "cell_size_check" },
    { SQLITE_PRAGMA, SQL_CHECK, "secure_delete" },
    { SQLITE_PRAGMA, SQL_CHECK, "temp_store" },
    { SQLITE_PRAGMA, SQL_CHECK, "mmap_size" },
    { SQLITE_PRAGMA, SQL_CHECK, "cache_size" },
    { SQLITE_PRAGMA, SQL_CHECK, "query_only" },
    { SQLITE_PRAGMA, SQL_CHECK, "quick_check" },
    { SQLITE_PRAGMA, SQL_CREATE, "application_id" },
    { SQLITE_PRAGMA, SQL_CREATE, "user_version" },
    { SQLITE_PRAGMA, SQL_CREATE, "page_size" },
    { SQLITE_CREATE_TABLE, SQL_CREATE, "kv" },
    { SQLITE_CREATE_TABLE, SQL_CREATE, "changes" },
    { SQLITE_CREATE_TABLE, SQL_CREATE, "meta" },
    { SQLITE_CREATE_INDEX, SQL_CREATE, "sqlite_autoindex_kv_1" },
    { SQLITE_CREATE_INDEX, SQL_CREATE, "sqlite_autoindex_changes_1" },
    { SQLITE_INSERT, SQL_CREATE, "sqlite_master" },
    { SQLITE_INSERT, SQL_CREATE, "meta" },
    { SQLITE_UPDATE, SQL_CREATE, "sqlite_master" },
};

static int authorize(void *ctx, int action, const char *a, const char *b, const char *db, const char *trigger)
{
    const struct sqlite_conn *c = ctx;
    (void)b, (void)db;
    for (size_t i = 0; !trigger && i < sizeof allowed / sizeof *allowed; i++)
        if (allowed[i].action == action && allowed[i].phase <= c->phase &&
            (!allowed[i].what || (a && strcmp(allowed[i].what, a) == 0)))
            return SQLITE_OK;
    return SQLITE_DENY;
}

static const struct {
    int id, value;
} limits[] = {
    { SQLITE_LIMIT_LENGTH, STORE_VALUE_MAX + 4096 }, { SQLITE_LIMIT_SQL_LENGTH, 1024 },
    { SQLITE_LIMIT_COLUMN, 16 },                     { SQLITE_LIMIT_EXPR_DEPTH, 16 },
    { SQLITE_LIMIT_COMPOUND_SELECT, 2 },             { SQLITE_LIMIT_FUNCTION_ARG, 4 },
    { SQLITE_LIMIT_ATTACHED, 0 },                    { SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 16 },
    { SQLITE_LIMIT_VARIABLE_NUMBER, 8 },             { SQLITE_LIMIT_TRIGGER_DEPTH, 1 },
    { SQLITE_LIMIT_WORKER_THREADS, 0 },
}, switches[] = {
    { SQLITE_DBCONFIG_DEFENSIVE, 1 },      { SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
    { SQLITE_DBCONFIG_ENABLE_FKEY, 1 },    { SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
    { SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 }, { SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
    { SQLITE_DBCONFIG_DQS_DML, 0 },        { SQLITE_DBCONFIG_DQS_DDL, 0 },
};

static const char *const settings[] = {
    "PRAGMA synchronous = FULL",  "PRAGMA cell_size_check = ON", "PRAGMA secure_delete = ON",
    "PRAGMA temp_store = MEMORY", "PRAGMA mmap_size = 0",        "PRAGMA journal_mode = WAL",
};

void sqlite_conn_drop(struct sqlite_conn *c)
{
    for (size_t i = 0; i < SQL_COUNT; i++)
        sqlite3_finalize(c->stmt[i]);
    sqlite3_close(c->db);
    *c = (struct sqlite_conn){ 0 };
}

static enum sr_err refuse(struct sqlite_conn *c, struct sr_why *why)
{
    int rc = sqlite3_errcode(c->db);
    if (rc == SQLITE_NOMEM)
        return SR_ENOMEM;
    if (rc == SQLITE_IOERR || rc == SQLITE_CANTOPEN || rc == SQLITE_FULL || rc == SQLITE_BUSY)
        return sr_fail(why, SR_EIO, R_INTERNAL, "store: %s", sqlite3_errstr(rc));
    return sr_fail(why, SR_EPROOF, R_STORE_TAMPERED, "store: damaged file: %s", sqlite3_errstr(rc));
}

static enum sr_err connect(const char *path, int flags, enum sqlite_phase phase, struct sqlite_conn *c,
                           struct sr_why *why)
{
    c->phase = phase;
    if (sqlite3_open_v2(path, &c->db, flags | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return c->db ? refuse(c, why) : SR_ENOMEM;
    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
        if (sqlite3_db_config(c->db, switches[i].id, switches[i].value, NULL) != SQLITE_OK)
            return sr_fail(why, SR_EBUG, R_INTERNAL, "store: this sqlite lacks a needed switch");
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        sqlite3_limit(c->db, limits[i].id, limits[i].value);
    sqlite3_set_authorizer(c->db, authorize, c);
    sqlite3_busy_timeout(c->db, 2000);
    sqlite3_wal_autocheckpoint(c->db, 0);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (sqlite3_exec(c->db, settings[i], NULL, NULL, NULL) != SQLITE_OK)
            return refuse(c, why);
    return SR_OK;
}

static bool text_is(sqlite3_stmt *st, int column, const char *want)
{
    const char *have = (const char *)sqlite3_column_text(st, column);
    return want && have ? strcmp(have, want) == 0 : !want && !have;
}

static enum sr_err check_schema(struct sqlite_conn *c, struct sr_why *why)
{
    sqlite3_stmt *st = NULL;
    size_t n = 0;
    bool same = true;
    int rc = sqlite3_prepare_v2(c->db, "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name",
                                -1, &st, NULL);
    while (rc == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW && same) {
        same = n < SCHEMA && text_is(st, 0, schema[n].type) && text_is(st, 1, schema[n].name) &&
               text_is(st, 2, schema[n].table) && text_is(st, 3, schema[n].sql);
        n++;
    }
    bool broken = sqlite3_finalize(st) != SQLITE_OK || rc != SQLITE_OK;
    if (broken)
        return refuse(c, why);
    if (!same || n != SCHEMA)
        return sr_fail(why, SR_EPROOF, R_STORE_HOSTILE, "store: the file has another schema");
    return SR_OK;
}

static enum sr_err quick_check(struct sqlite_conn *c, struct sr_why *why)
{
    sqlite3_stmt *st = NULL;
    bool good = sqlite3_prepare_v2(c->db, "PRAGMA quick_check(1)", -1, &st, NULL) == SQLITE_OK &&
                sqlite3_step(st) == SQLITE_ROW && text_is(st, 0, "ok");
    if (sqlite3_finalize(st) != SQLITE_OK)
        return refuse(c, why);
    return good ? SR_OK : sr_fail(why, SR_EPROOF, R_STORE_TAMPERED, "store: quick_check found damage");
}

static enum sr_err prepare(struct sqlite_conn *c, struct sr_why *why)
{
#define X(name, sql) sql,
    static const char *const text[SQL_COUNT] = { SQLITE_STATEMENTS(X) };
#undef X
    for (size_t i = 0; i < SQL_COUNT; i++)
        if (sqlite3_prepare_v3(c->db, text[i], -1, SQLITE_PREPARE_PERSISTENT, &c->stmt[i], NULL) != SQLITE_OK)
            return refuse(c, why);
    c->phase = SQL_RUN;
    return SR_OK;
}

enum sr_err sqlite_sql_create(const char *path, struct sr_why *why)
{
    SR_OWN(sqlite_conn) c = { 0 };
    char pragma[64];
    SR_TRY(connect(path, SQLITE_OPEN_READWRITE, SQL_CREATE, &c, why));
    int rc = sqlite3_exec(c.db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    for (size_t i = 0; i < SCHEMA && rc == SQLITE_OK; i++)
        if (schema[i].sql)
            rc = sqlite3_exec(c.db, schema[i].sql, NULL, NULL, NULL);
    sqlite3_snprintf(sizeof pragma, pragma, "PRAGMA application_id = %d", SQLITE_FILE_APP_ID);
    rc = rc ? rc : sqlite3_exec(c.db, pragma, NULL, NULL, NULL);
    sqlite3_snprintf(sizeof pragma, pragma, "PRAGMA user_version = %d", SQLITE_FILE_FORMAT);
    rc = rc ? rc : sqlite3_exec(c.db, pragma, NULL, NULL, NULL);
    rc = rc ? rc : sqlite3_exec(c.db, "INSERT INTO meta VALUES (1, 0, 1)", NULL, NULL, NULL);
    rc = rc ? rc : sqlite3_exec(c.db, "COMMIT", NULL, NULL, NULL);
    return rc == SQLITE_OK ? SR_OK : refuse(&c, why);
}

enum sr_err sqlite_sql_open(const char *path, struct sqlite_conn *ret, struct sr_why *why)
{
    SR_TRY(connect(path, SQLITE_OPEN_READWRITE, SQL_CHECK, ret, why));
    SR_TRY(check_schema(ret, why));
    SR_TRY(quick_check(ret, why));
    if (sqlite3_exec(ret->db, "PRAGMA cache_size = -8192", NULL, NULL, NULL) != SQLITE_OK)
        return refuse(ret, why);
    return prepare(ret, why);
}

enum sr_err sqlite_sql_open_reader(const char *path, struct sqlite_conn *ret, struct sr_why *why)
{
    SR_TRY(connect(path, SQLITE_OPEN_READWRITE, SQL_CHECK, ret, why));
    if (sqlite3_exec(ret->db, "PRAGMA query_only = ON", NULL, NULL, NULL) != SQLITE_OK)
        return refuse(ret, why);
    return prepare(ret, why);
}

struct sqlite3_stmt *sqlite_sql_start(struct sqlite_conn *c, enum sqlite_statement which)
{
    sqlite3_reset(c->stmt[which]);
    sqlite3_clear_bindings(c->stmt[which]);
    return c->stmt[which];
}

int sqlite_sql_run(struct sqlite3_stmt *st)
{
    int rc = sqlite3_step(st);
    int end = sqlite3_reset(st);
    return rc == SQLITE_DONE ? SQLITE_OK : end ? end : SQLITE_CORRUPT;
}

uint64_t sqlite_sql_u64(struct sqlite3_stmt *st, int column, bool *bad)
{
    int64_t v = sqlite3_column_int64(st, column);
    *bad |= sqlite3_column_type(st, column) != SQLITE_INTEGER || v < 0;
    return v < 0 ? 0 : (uint64_t)v;
}

struct span sqlite_sql_blob(struct sqlite3_stmt *st, int column, bool *bad)
{
    *bad |= sqlite3_column_type(st, column) != SQLITE_BLOB;
    const void *p = sqlite3_column_blob(st, column);
    int n = sqlite3_column_bytes(st, column);
    return (struct span){ p, n > 0 && p ? (size_t)n : 0 };
}

void sqlite_sql_bind_u64(struct sqlite3_stmt *st, int at, uint64_t v)
{
    sqlite3_bind_int64(st, at, (sqlite3_int64)v);
}

void sqlite_sql_bind_blob(struct sqlite3_stmt *st, int at, struct span s)
{
    sqlite3_bind_blob64(st, at, s.n ? (const void *)s.p : "", s.n, SQLITE_STATIC);
}
