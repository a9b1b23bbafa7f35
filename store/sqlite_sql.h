#pragma once
/* sqlite_sql.h - one connection: its settings, its authorizer and every SQL statement there is. Knows nothing
 * of locks. A connection is used by one thread at a time. */
#include "store/store.h"

#define SQLITE_STATEMENTS(X)                                                                                 \
    X(SQL_BEGIN, "BEGIN")                                                                                    \
    X(SQL_BEGIN_WRITE, "BEGIN IMMEDIATE")                                                                    \
    X(SQL_COMMIT, "COMMIT")                                                                                  \
    X(SQL_ROLLBACK, "ROLLBACK")                                                                              \
    X(SQL_GET, "SELECT value, mod_rev FROM kv WHERE key = ?1")                                               \
    X(SQL_MOD_REV, "SELECT mod_rev FROM kv WHERE key = ?1")                                                  \
    X(SQL_LIST, "SELECT key, value, create_rev, mod_rev FROM kv WHERE key >= ?1 ORDER BY key LIMIT ?2")      \
    X(SQL_LIST_AFTER, "SELECT key, value, create_rev, mod_rev FROM kv WHERE key > ?1 ORDER BY key LIMIT ?2") \
    X(SQL_PUT, "INSERT INTO kv (key, value, create_rev, mod_rev) VALUES (?1, ?2, ?3, ?3) "                   \
               "ON CONFLICT (key) DO UPDATE SET value = excluded.value, mod_rev = excluded.mod_rev")         \
    X(SQL_DEL, "DELETE FROM kv WHERE key = ?1")                                                              \
    X(SQL_CHANGED, "INSERT INTO changes (rev, n, op, key) VALUES (?1, ?2, ?3, ?4)")                          \
    X(SQL_CHANGES, "SELECT rev, op, key FROM changes WHERE rev >= ?1 ORDER BY rev, n")                       \
    X(SQL_COMPACT, "DELETE FROM changes WHERE rev < ?1")                                                     \
    X(SQL_META, "SELECT rev, compacted FROM meta WHERE id = 1")                                              \
    X(SQL_SET_REV, "UPDATE meta SET rev = ?1 WHERE id = 1")                                                  \
    X(SQL_SET_COMPACTED, "UPDATE meta SET compacted = ?1 WHERE id = 1")

#define X(name, sql) name,
enum sqlite_statement { SQLITE_STATEMENTS(X) SQL_COUNT };
#undef X

struct sqlite3;
struct sqlite3_stmt;

struct sqlite_conn {
    struct sqlite3 *db;
    struct sqlite3_stmt *stmt[SQL_COUNT];
    /* What the authorizer lets through: each includes those before it. */
    enum sqlite_phase { SQL_RUN, SQL_CHECK, SQL_CREATE } phase;
};
void sqlite_conn_drop(struct sqlite_conn *c);

/* Lays out a new file; the connection is closed again. */
enum sr_err sqlite_sql_create(const char *path, struct sr_why *why);
/* The one writing connection: checks schema and pages (quick_check). */
enum sr_err sqlite_sql_open(const char *path, struct sqlite_conn *ret, struct sr_why *why);
enum sr_err sqlite_sql_open_reader(const char *path, struct sqlite_conn *ret, struct sr_why *why);

/* A statement ready for its first step, arguments bound in order by the calls below. */
struct sqlite3_stmt *sqlite_sql_start(struct sqlite_conn *c, enum sqlite_statement which);
/* Steps a statement that gives no rows and resets it: an sqlite result code, 0 for done. */
int sqlite_sql_run(struct sqlite3_stmt *st);
/* Column values, strict in their types: bad becomes true when the file holds another type. */
uint64_t sqlite_sql_u64(struct sqlite3_stmt *st, int column, bool *bad);
struct span sqlite_sql_blob(struct sqlite3_stmt *st, int column, bool *bad);
void sqlite_sql_bind_u64(struct sqlite3_stmt *st, int at, uint64_t v);
void sqlite_sql_bind_blob(struct sqlite3_stmt *st, int at, struct span s); /* borrowed until the reset */
