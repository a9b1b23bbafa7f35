#pragma once
/* keystore_parts.h - what the keystore's own files share: the index, the row format, the head. */
#include "store/keystore.h"

#include <pthread.h>
#include <stdatomic.h>

/* ---- keystore_index.c: which row versions exist, in memory: the head's claim, row by row. */

struct row_id {
    uint8_t b[32]; /* HMAC of table, tenant and name under the index key */
};
struct row_mark {
    uint8_t salt[8]; /* the first bytes of the row's salt: tells its versions apart */
    uint64_t seq;    /* the commit that wrote it; 0: none */
};
struct index {
    struct index_entry *entries; /* open addressing, a power of two */
    size_t cap, used, rows;      /* used counts entries left by deleted rows too */
};
/* A row that is not there has the mark {0}; setting that deletes. index_set() has room only after
 * index_reserve(). */
void index_drop(struct index *x);
struct row_mark index_get(const struct index *x, const struct row_id *id);
enum sr_err index_reserve(struct index *x, size_t more);  /* so that as many sets cannot fail */
size_t index_before(const struct index *x, uint64_t seq); /* rows written before that commit */
void index_set(struct index *x, const struct row_id *id, struct row_mark m);

/* ---- keystore_row.c: one sealed row. */

enum { ROW_KEY = 1 + 32, ROW_SALT = 32, ROW_HEADER = 1 + 1 + 2 + 8 + 8 + 8 + 4 + ROW_SALT };

struct row_header {
    enum keystore_table table;
    uint64_t version, created_at, seq;
    uint32_t epoch;
    uint8_t salt[ROW_SALT];
};
struct row_key {
    uint8_t b[ROW_KEY]; /* table, then id */
};
struct row_plain {
    struct buf all; /* LP(tenant) LP(name) LP(value) */
    struct span tenant, name, value;
};
void row_plain_drop(struct row_plain *p);

/* Names to ids, ids to the store's keys and back; a row version's header, mark and sealed value. SR_EFORMAT:
 * not a row of ours; SR_EPROOF: it does not open under that key, network, id and header. */
enum sr_err row_id(const struct key *index, const struct keystore_name *n, struct row_id *ret);
struct row_key row_key(enum keystore_table t, const struct row_id *id);
bool row_key_read(struct span key, enum keystore_table *ret_table, struct row_id *ret);
struct row_mark row_mark(const struct row_header *h);
enum sr_err row_header_read(struct span row, struct row_header *ret);
enum sr_err row_seal(const struct key *kek, const struct sha256 *cid, const struct row_id *id,
                     const struct row_header *h, const struct keystore_name *n, struct span value,
                     struct buf *ret);
enum sr_err row_open(const struct key *kek, const struct sha256 *cid, const struct row_id *id,
                     struct span row, struct row_header *ret, struct row_plain *ret_plain);

/* ---- keystore_head.c: the sealed head. */

struct set_sum { /* sum of one keyed MAC per row version, modulo 2^256 */
    uint64_t w[4];
};
struct head {
    uint64_t seq, rows;
    struct sha256 chain;
    struct set_sum sum;
};
/* The sum over all row versions, and the head that is sealed with it. SR_EFORMAT, SR_EPROOF as for rows. */
void set_add(struct set_sum *s, const struct key *index, const struct row_key *k, struct row_mark m);
void set_sub(struct set_sum *s, const struct key *index, const struct row_key *k, struct row_mark m);
bool set_eq(const struct set_sum *a, const struct set_sum *b);
struct span head_key(void);
enum sr_err head_seal(const struct key *kek, uint32_t epoch, const struct sha256 *cid, const struct head *h,
                      struct buf *ret);
enum sr_err head_epoch(struct span sealed, uint32_t *ret);
enum sr_err head_open(const struct key *kek, const struct sha256 *cid, struct span sealed, struct head *ret);

/* ---- keystore_txn.c: a request read back. */

enum txn_kind { TXN_EXPECT = 1, TXN_PUT, TXN_DEL, TXN_RAW, TXN_CLEAR };
struct txn_op {
    enum txn_kind kind;
    struct keystore_name name;      /* EXPECT, PUT, DEL */
    uint64_t number, created_at;    /* EXPECT: seq; PUT: version */
    uint8_t raw[1 + STORE_KEY_MAX]; /* RAW, CLEAR: the store's key */
    size_t raw_n;
    struct span value;
};
bool txn_next(struct reader *r, struct txn_op *ret); /* false at the end */

/* ---- keystore.c: the keystore itself */

struct keystore {
    struct store *store;
    struct sha256 cid;
    struct key index_key;
    pthread_mutex_t commit_lock; /* one commit at a time; taken before lock */
    pthread_rwlock_t lock;       /* of all below: written in a commit, after the store has it */
    struct keystore_epoch epochs[KEYSTORE_EPOCHS]; /* the newest last */
    size_t n_epochs;
    struct index index;
    size_t rows_of[256]; /* by table */
    struct head head;
    uint64_t head_rev;           /* the store's revision of the head row */
    uint64_t next_seq;           /* under commit_lock: larger than any tried, so that none is used twice */
    uint64_t epoch_seq;          /* rows written before this commit are under an older epoch */
    pthread_mutex_t rewrap_lock; /* taken before commit_lock */
    size_t rewrap_table;         /* under it: how far keystore_rewrap() has come */
    struct row_key rewrap_after;
    atomic_bool failed; /* nobody knows what the store holds */
};
enum sr_err keystore_kek(struct keystore *ks, uint32_t epoch, struct key *ret); /* SR_ENOENT */
/* SR_EPROOF, R_STORE_TAMPERED, with these words. */
enum sr_err keystore_tampered(struct sr_why *why, const char *what);
/* keystore_read.c: a row held against the index and opened; and the keys after one, a page at most. */
enum { KEYSTORE_PAGE = 64 };
struct row_page {
    struct row_key keys[KEYSTORE_PAGE];
    size_t n;
};
enum sr_err keystore_read_fetch(struct keystore *ks, const struct row_key *k, struct row_header *ret,
                                struct row_plain *ret_plain, struct sr_why *why);
enum sr_err keystore_read_page(struct keystore *ks, enum keystore_table table, const struct row_key *after,
                               struct row_page *ret, struct sr_why *why);
struct row_mark keystore_read_mark(struct keystore *ks, const struct row_key *k);
