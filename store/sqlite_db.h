#pragma once
/* sqlite_db.h - the open sqlite store as its parts see it: connections, locks, and the one failed flag. */
#include "store/sqlite.h"
#include "store/sqlite_file.h"
#include "store/sqlite_sql.h"
#include "store/wait.h"

#include <stdatomic.h>

enum { READERS = 8 };

/* A reader keeps its read transaction, two to four times cheaper than one for each read, and renews it when
 * the revision has moved. */
struct reader_slot {
    pthread_mutex_t lock;
    struct sqlite_conn c;
    uint64_t rev; /* of the snapshot it holds */
    bool held;
};

struct sqlite {
    struct store store;
    struct sqlite_file file;
    struct wait wait;
    pthread_mutex_t write_lock;
    struct sqlite_conn writer;
    struct reader_slot readers[READERS];
    size_t n_readers;
    atomic_uint next_reader;
    atomic_uint_fast64_t rev;
    atomic_bool failed; /* final: see store.h */
    int wal_pages;      /* under write_lock */
};

static inline struct sqlite *sqlite_of(struct store *s)
{
    return (struct sqlite *)s;
}

/* The answer for an sqlite result code. A full disk or no memory: this call did nothing. Anything else fails
 * the store for good: nobody knows what the disk holds. */
enum sr_err sqlite_failure(struct sqlite *s, int rc);

/* sqlite_read.c. A reader in a read transaction of the newest revision, given back with sqlite_read_end(). */
enum sr_err sqlite_read_begin(struct sqlite *s, struct reader_slot **ret);
void sqlite_read_end(struct reader_slot *r);
void sqlite_read_release(struct reader_slot *r); /* lets go of the snapshot */
enum sr_err sqlite_read_meta(struct sqlite *s, struct sqlite_conn *c, uint64_t *ret_rev,
                             uint64_t *ret_compacted);
enum sr_err sqlite_read_get(struct store *store, struct span key, struct buf *ret, uint64_t *ret_mod_rev);
enum sr_err sqlite_read_list(struct store *store, const struct store_list *l, uint64_t *ret_rev);
enum sr_err sqlite_read_watch(struct store *store, const struct store_watch *w, uint64_t *ret_next);
enum sr_err sqlite_read_sync(struct store *store, uint64_t *ret_rev);

/* sqlite_write.c */
void sqlite_write_init(struct sqlite *s);
enum sr_err sqlite_write_txn(struct store *store, const struct store_txn *t, uint64_t *ret_rev);
enum sr_err sqlite_write_compact(struct store *store, uint64_t before_rev);
enum sr_err sqlite_write_expunge(struct store *store);
